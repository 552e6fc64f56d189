/** What an entry keeps beside its words: only what is there (storage/views/facts.py). */
import type { Id, Time } from './types'

export interface Named {
  uri: string
  name: string
}

export interface EntryFacts {
  to?: Named[]
  cc?: Named[]
  via?: { from: string; name?: string; why: string }
  forwarded?: { by: string; name?: string; proven?: boolean }
  arrivals?: { channel: string; at: Time }[]
  suggests?: { conversation: Id; code: string }
  stub?: string
  /** Of a thin line: what was done, to whom, until when. */
  words?: Record<string, string>
  queue?: Id
  agent?: Id
  until?: Time
  spam?: boolean
  uri?: string
  entries?: Id[]
}
