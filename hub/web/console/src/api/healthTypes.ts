import type { Id, LedgerState, Time } from './types'

/** How the hub is doing, and one message's way through it. */
export interface MailboxHealth {
  folders: number
  reconciled_at: Time | null
  missing: number
}

export interface ChannelHealth {
  id: Id
  name: string
  kind: string
  title: string
  enabled: boolean
  simulated: boolean
  state: string
  detail: string
  since: Time | null
  signature_mode: string
  unsigned: number
  last_event_at: Time | null
  lag_seconds: number | null
  undelivered: number
  oldest_undelivered: Time | null
  unknown: number
  stubs: number
  counts: Partial<Record<LedgerState, number>>
  received: number
  token_expires_at: Time | null
  token_trouble: string
  mailbox: MailboxHealth | null
}

export interface Health {
  at: Time
  channels: ChannelHealth[]
  counts: Record<LedgerState, number>
  received: number
  waiting: { n: number; queue: string; since: Time } | null
  writes_waiting: number
  swept: number
}

export interface Recount {
  counts: Record<LedgerState, number>
  rows: Partial<Record<LedgerState, number>>
  received: number
  closes: boolean
  differs: LedgerState[]
}

export type Said = Record<'en' | 'fa', string>

export interface Finding {
  name: string
  state: 'ok' | 'warn' | 'bad'
  words: Said
  todo: Partial<Said>
}

export interface Examined {
  ok: boolean
  items: Finding[]
}

export interface TraceStep {
  call: string
  answer?: string
  sent?: Record<string, string>
  got?: Record<string, string>
  micros?: number
}

export interface TraceLine {
  at: Time
  what: string
  words: Said
  asked: boolean
  entry: Id | null
  data: Record<string, string | number | boolean | null>
  steps: TraceStep[]
  more: Partial<Record<'en' | 'fa', string[]>>
}

export interface Trace {
  asked: string
  found: { kind: string; again: string; words: Said; hidden: boolean }[]
  matter: { id: Id; code: string; contact: Id; name: string; status: string; channel: string } | null
  lines: TraceLine[]
  due: { at: Time; what: string; words: Said }[]
  cut: boolean
}
