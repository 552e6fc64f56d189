import type { Entry, Id, Participant } from '../api/types'
import { showAddress } from '../lib/address'
import type { Timeline } from '../store/state'

/** What of a message is not as it was sent: who handed it on, which form, where else it came. */
export interface Provenance {
  forwardedBy: string
  form: string
  alsoIn: string[]
}

export function provenanceOf(entry: Entry): Provenance {
  const { forwarded, via, arrivals } = entry.data
  return {
    forwardedBy: forwarded ? forwarded.name || showAddress(forwarded.by) : '',
    form: via ? via.name || showAddress(via.from) : '',
    alsoIn: (arrivals ?? []).map((one) => one.channel).filter((place) => place !== entry.channel),
  }
}

/** Who else got a mail, beside whoever wrote it or it went to, and us (who take no part): names to show. All of them,
 * where it went to somebody else than the person whose matter it is. */
export function others(entry: Entry, participants: readonly Participant[]): string[] {
  const parts = new Map(participants.map((one) => [one.uri, one.name]))
  const all = [...(entry.data.to ?? []), ...(entry.data.cc ?? [])]
  const kept = all.filter(({ uri }) => (entry.to_other || uri !== entry.address) && parts.has(uri))
  return [...new Map(kept.map(({ uri, name }) => [uri, name || parts.get(uri) || showAddress(uri)])).values()]
}

/** What would stay in a conversation without one entry: something before it, only what came later, or nothing. */
export function leftWithout(timeline: Timeline | undefined, conversation: Id, entry: Id): 'earlier' | 'later' | 'nothing' {
  const filed = timeline?.items.filter((item) => item.conversation === conversation && (item.kind === 'message' || item.kind === 'note')) ?? []
  if (filed[0]?.id !== entry || timeline?.older != null) return 'earlier' // or not loaded yet
  return filed.length > 1 ? 'later' : 'nothing'
}
