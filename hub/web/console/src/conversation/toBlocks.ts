/** Turn entries into what is drawn: days, matters, bubbles in groups, folded lines, notes, cards. */
import type { Entry, Id } from '../api/types'

export type Block =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'matter'; key: string; conversation: Id | null }
  | { kind: 'bubble'; key: string; entry: Entry; first: boolean; last: boolean }
  | { kind: 'note'; key: string; entry: Entry }
  | { kind: 'lines'; key: string; entries: Entry[] }
  | { kind: 'card'; key: string; entry: Entry }

const TOGETHER_MS = 5 * 60_000
const CARDS = new Set(['call', 'voicemail', 'fax', 'order', 'invoice', 'visit', 'letter', 'survey'])

type Shape = 'bubble' | 'note' | 'card' | 'line'

export function shapeOf(entry: Entry): Shape {
  if (entry.kind === 'message') return 'bubble'
  if (entry.kind === 'note') return 'note'
  return CARDS.has(entry.kind) ? 'card' : 'line'
}

function together(a: Entry | undefined, b: Entry): boolean {
  return (
    a !== undefined && shapeOf(a) === 'bubble' && shapeOf(b) === 'bubble' &&
    a.direction === b.direction && a.conversation === b.conversation && a.subject === b.subject &&
    a.actor.kind === b.actor.kind && a.actor.id === b.actor.id && a.channel === b.channel &&
    Date.parse(b.at) - Date.parse(a.at) < TOGETHER_MS
  )
}

interface Options {
  /** The calendar day of a moment, in the reader's time zone. */
  dayOf: (at: string) => string
  /** Say where another matter begins. */
  matters: boolean
}

/** `entries` oldest first. */
export function toBlocks(entries: readonly Entry[], options: Options): Block[] {
  const blocks: Block[] = []
  const several = new Set(entries.flatMap((entry) => entry.conversation ?? [])).size > 1
  let day = ''
  let matter: Id | null | undefined
  entries.forEach((entry, index) => {
    const today = options.dayOf(entry.at)
    const newDay = today !== day
    if (newDay) blocks.push({ kind: 'day', key: `d${today}`, at: entry.at })
    const newMatter = options.matters && several && entry.conversation !== null && entry.conversation !== matter
    if (newMatter) blocks.push({ kind: 'matter', key: `m${entry.id}`, conversation: entry.conversation })
    day = today
    if (entry.conversation !== null) matter = entry.conversation
    add(blocks, entry, newDay || newMatter ? undefined : entries[index - 1], entries[index + 1])
  })
  return blocks
}

function add(blocks: Block[], entry: Entry, before: Entry | undefined, after: Entry | undefined): void {
  const key = `e${entry.id}`
  switch (shapeOf(entry)) {
    case 'bubble':
      blocks.push({ kind: 'bubble', key, entry, first: !together(before, entry), last: !after || !together(entry, after) })
      return
    case 'note':
      blocks.push({ kind: 'note', key, entry })
      return
    case 'card':
      blocks.push({ kind: 'card', key, entry })
      return
    case 'line': {
      const previous = blocks.at(-1)
      if (previous?.kind === 'lines') previous.entries.push(entry)
      else blocks.push({ kind: 'lines', key, entries: [entry] })
    }
  }
}
