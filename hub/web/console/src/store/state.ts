import type {
  Agent, Channel, Contact, Conversation, ConversationDetail, Entry, Id, Me, Offer, Queue,
} from '../api/types'

/** What is known of one person's timeline, oldest first; older pages hang on `older`. */
export interface Timeline {
  items: Entry[]
  older: string | null
  /** How far back it reaches; null: to the beginning. */
  since: string | null
}

/** What only the open conversation needs, beside the row in `conversations`. */
export type Detail = Pick<ConversationDetail, 'participants' | 'channels' | 'recipients' | 'draft' | 'decision' | 'seen_seq'>

export type Table<T> = Readonly<Record<Id, T>>

/** Everything that the hub told us: a snapshot plus the events after it, nothing else. */
export interface HubState {
  seq: number
  me: Me | null
  queues: Table<Queue>
  agents: Table<Agent>
  channels: Table<Channel>
  offers: Table<Offer>
  conversations: Table<Conversation>
  details: Table<Detail>
  contacts: Table<Contact>
  timelines: Table<Timeline>
  /** What frames brought of a person while their first page was under way: it may not have it. */
  meanwhile: Table<Entry[]>
}

export const nothing: HubState = {
  seq: 0,
  me: null,
  queues: {},
  agents: {},
  channels: {},
  offers: {},
  conversations: {},
  details: {},
  contacts: {},
  timelines: {},
  meanwhile: {},
}
