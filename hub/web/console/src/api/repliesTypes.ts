/** Whom an answer goes to, why an entry is where it is, and moving it. */
import type { Id, Time } from './types'

export interface Recipient {
  uri: string
  name: string
  /** Nobody named them in this conversation before the mail that is answered. */
  new: boolean
  why: '' | 'reply_to' | 'sender' | 'blind' | 'forwarder' | 'opted_out' | 'blocked'
}

export interface Recipients {
  /** The entry that is answered. */
  answers: Id | null
  to: Recipient[]
  cc: Recipient[]
  /** Who belongs to the mail and is written to only if the agent says so. */
  left_out: Recipient[]
}

/** One reason: a code of hub/replies/why.py with its facts. */
export interface WhyLine {
  code: string
  facts: WhyFacts
}

export interface WhyFacts {
  address?: string
  arrivals?: never
  at?: Time
  by?: string
  code?: string
  contact?: Id
  entry?: Id
  follows?: Id
  from?: string
  history?: boolean
  linked?: boolean
  name?: string
  ours?: boolean
  places?: { channel: string; at: Time }[]
  proven?: boolean
  source?: Id
  subject?: string
  template?: string
  undo?: Id
  undone?: Time
  verified?: boolean
  why?: string
}

export interface MoveBody {
  conversation?: Id
  code?: string
  new?: boolean
  later?: boolean
}

export interface Moved {
  undo: Id
  conversation: Id
}
