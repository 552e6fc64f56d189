import type { Time } from './types'

/** Whether the hub keeps still: nothing is fetched, sent or answered by itself. */
export interface Hold {
  hold: boolean
  why: '' | 'restore' | 'setting'
  since: Time | null
  /** When the backup was made that it comes from. */
  made_at: Time | null
  /** Parts that somebody has to decide about. */
  waiting: number
}

export interface Removed {
  what: string
  n: number
  last_n: number
  last_at: Time
}

/** How long things are kept, and what went so far. */
export interface Retention {
  /** raw, events and exchanges, as spans such as 90d. */
  keep: Record<string, string>
  removed: Removed[]
  held: { reason: string; n: number }[]
}
