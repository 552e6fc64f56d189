import type { Entry, Participant } from '../api/types'
import { showAddress } from '../lib/address'

type Named = [uri: string, name: string]

const isNamed = (value: unknown): value is Named => Array.isArray(value) && typeof value[0] === 'string'

/** Addresses as an entry keeps them: `[[uri, name], ...]`. */
export function named(value: unknown): Named[] {
  return Array.isArray(value) ? value.filter(isNamed) : []
}

export const nameOrAddress = ([uri, name]: Named): string => name || showAddress(uri)

function field(value: unknown, name: string): string {
  if (typeof value !== 'object' || value === null) return ''
  const found = (value as Record<string, unknown>)[name]
  return typeof found === 'string' ? found : ''
}

/** What of a message is not as it was sent: who handed it on, which form, where else it came. */
export interface Provenance {
  forwardedBy: string
  form: string
  alsoIn: string[]
}

export function provenanceOf(entry: Entry): Provenance {
  const { forwarded, via, arrivals } = entry.data
  const places = Array.isArray(arrivals) ? arrivals.map((one) => field(one, 'channel')) : []
  return {
    forwardedBy: field(forwarded, 'name') || showAddress(field(forwarded, 'by')),
    form: field(via, 'name') || showAddress(field(via, 'from')),
    alsoIn: places.filter((place) => place !== '' && place !== entry.channel),
  }
}

/** Every address in To and Cc of a mail. */
export const addresses = (entry: Entry): Set<string> =>
  new Set([...named(entry.data['to']), ...named(entry.data['cc'])].map(([uri]) => uri))

/** Whether a mail of ours went to this address. */
export const wentTo = (entry: Entry, uri: string): boolean => addresses(entry).has(uri)

/** Who else a mail went to, beside `person` and us (who take no part): names to show. */
export function others(entry: Entry, participants: readonly Participant[], person: string): string[] {
  const parts = new Map(participants.map((one) => [one.uri, one.name]))
  const all = [...named(entry.data['to']), ...named(entry.data['cc'])]
  const kept = all.filter(([uri]) => uri !== person && parts.has(uri))
  return [...new Map(kept.map(([uri, name]) => [uri, nameOrAddress([uri, name || (parts.get(uri) ?? '')])])).values()]
}
