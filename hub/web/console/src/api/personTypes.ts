/** Who is the same person, what is claimed, what is found. */
import type { ChannelRef, ConversationStatus, Id, Ref, Time } from './types'

/** Somebody whom this person is said to be. */
export interface PersonLink {
  /** Theirs alone, as it was before. */
  contact: Ref
  /** `agent:WORDS`, `code:URI`, `signed:URI`. */
  evidence: string
  /** The name of who said so; empty: the hub itself. */
  by: string
  at: Time
}

export interface MatterRef {
  id: Id
  code: string
  subject: string
  status: ConversationStatus
  channel: ChannelRef
  queue: Ref | null
  last_at: Time
}

/** One thing found; `hidden`: a matter with another team, of which nothing else is said. */
export interface Hit {
  kind: 'person' | 'matter' | 'hidden'
  by: 'name' | 'address' | 'code' | 'subject'
  contact: Ref | null
  address: string
  conversation: MatterRef | null
}
