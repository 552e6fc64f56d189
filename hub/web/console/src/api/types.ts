/** The objects of the REST and live contract. Times are RFC 3339 UTC, ids are integers. */
import type { EntryFacts } from './entryFacts'
import type { PersonLink } from './personTypes'
import type { Recipients } from './repliesTypes'
import type { Board, ByLanguage, Deadline, Wrapping } from './routingTypes'

export type Time = string
export type Id = number

export interface Ref {
  id: Id
  name: string
}

export interface ChannelRef extends Ref {
  kind: string
}

export type Presence = 'available' | 'away' | 'offline'
export type Role = 'admin' | 'supervisor' | 'agent' | 'viewer'

export interface Settings {
  language?: string | null
  calendar?: string | null
  digits?: string | null
  time_zone?: string | null
  theme?: string | null
  sound?: boolean | null
  first_day?: number | null
}

export interface MyAgent {
  id: Id
  presence: Presence
  reason: string | null
  capacity: number
  used: number
  queues: Ref[]
  wrapping?: Wrapping[]
}

export interface Me {
  id: Id | null
  email: string
  name: string
  role: Role
  permissions: string[]
  agent: MyAgent | null
  settings: Settings
  csrf: string
  hub: HubFacts
}

/** The hub's own settings: what holds where a person has set nothing. */
export interface HubFacts {
  name: string
  demo: boolean
  region: string
  time_zone: string
  language: string
  calendar: string
  digits: string
  first_day: number
  /** Nothing is fetched, sent or answered by itself. */
  hold: boolean
}

export interface Queue {
  id: Id
  name: string
  /** By language, for people to read. */
  title: Record<string, string>
  waiting: number
  oldest: Time | null
  visible_to: string
  /** Only where the hub says so; else `me.agent.queues` does. */
  member?: boolean
}

export interface Agent {
  id: Id
  user: Id
  name: string
  email: string
  presence: Presence
  reason: string
  present_since: Time
  used: number
  capacity: number
  queues: Id[]
}

export type ConversationStatus = 'open' | 'pending' | 'snoozed' | 'resolved' | 'spam' | 'moved'

export interface WorkItem {
  id: Id
  state: string
  mode: string
  order_key: Time
  entered_at: Time
  /** Of the plan's steps, from 0. */
  step?: number
  steps?: number
  /** When an agent should have it. */
  target_at?: Time | null
}

export interface Conversation {
  id: Id
  contact: Ref
  address: string
  channel: ChannelRef
  status: ConversationStatus
  subject: string
  queue: Ref | null
  agent: Ref | null
  priority: number
  tags: string[]
  waiting_since: Time | null
  snoozed_until: Time | null
  last_at: Time
  last_text: string
  last_direction: Direction | null
  unread: boolean
  code: string
  follows: Id | null
  /** Where its entries were moved to, all of them or some. */
  moved_to?: Id | null
  created_at: Time
  resolved_at: Time | null
  work_item: WorkItem | null
  /** The open ones. */
  deadlines?: Deadline[]
}

export interface Participant {
  role: string
  uri: string
  name: string
  new: boolean
}

export interface Capabilities {
  max_text?: number | null
  part_sizes?: number[]
  max_parts?: number
  attachments?: boolean
  max_attachment_bytes?: number
  html?: boolean
  subject?: boolean
  many_recipients?: boolean
  receipts?: boolean
  live?: boolean
}

export interface ReplyOption {
  channel: ChannelRef
  to: string
  open: boolean
  why: string
  capabilities: Capabilities
}

export type ComposerMode = 'reply' | 'note'

export interface Draft {
  text: string
  mode: ComposerMode
  channel: Id | null
}

export interface ConversationDetail extends Conversation {
  participants: Participant[]
  channels: ReplyOption[]
  /** To whom the next answer goes, where the channel has recipients. */
  recipients: Recipients | null
  draft: Draft | null
  seen_seq: number
  decision: Decision | null
}

export type Direction = 'in' | 'out'

export interface Actor {
  kind: 'customer' | 'agent' | 'hub'
  id: Id | null
  name: string
}

export interface Attachment {
  id: Id
  name: string
  type: string
  size: number | null
  state: string
  inline: boolean
  url: string | null
}

export type DeliveryState =
  | 'queued'
  | 'sending'
  | 'sent'
  | 'delivered'
  | 'read'
  | 'deferred'
  | 'failed'
  | 'unknown'
  | 'stopped'

export interface Delivery {
  state: DeliveryState
  code: string
  words: string
  parts: number
  retry_at: Time | null
}

export interface Entry {
  id: Id
  contact: Id
  conversation: Id | null
  kind: string
  direction: Direction | null
  /** Its name. */
  channel: string | null
  channel_kind: string | null
  actor: Actor
  /** Who wrote it, or to whom it went. */
  address: string | null
  /** It went to somebody else than the person whose matter it is. */
  to_other: boolean
  provider_id: string | null
  client_key: string | null
  subject: string
  text: string
  has_more: boolean
  html: boolean
  at: Time
  provider_time: Time | null
  late: boolean
  attachments: Attachment[]
  delivery: Delivery | null
  data: EntryFacts
}

export interface FullEntry extends Entry {
  full_text: string | null
}

export interface Identity {
  id: Id
  uri: string
  name: string
  verified: boolean
  source: string
  opted_out: boolean
  blocked: boolean
}

export interface Contact {
  id: Id
  name: string
  language: string
  identities: Identity[]
  claims: Claim[]
  attributes: Record<string, unknown>
  created_at: Time
  conversations?: Conversation[]
  /** Another team has an open matter with them, of which nothing else is said. */
  elsewhere?: boolean
  /** Whom they are said to be besides, and how that is known. */
  links?: PersonLink[]
}

/** What people say of themselves: shown as such, never an identity. */
export interface Claim {
  id: Id
  kind: string
  value: string
  at: Time
  /** The address that it has become, by `how`: `code`, `agent`; empty: it is only said. */
  identity: Id | null
  how: string
}

export interface Offer {
  id: Id
  agent: Id
  state: string
  work_item: Id
  conversation: Id
  contact: Ref
  channel: ChannelRef
  queue: Ref
  last_text: string
  waiting_since: Time | null
  made_at: Time
  expires_at: Time
  why: WhyMe
}

/** The rules' decision on an entry, as it was stored. */
export interface Decision {
  rule: string
  version: number
  queue: string | null
  reason: string
  priority: number
  tags: string[]
  mode: string | null
  hit: string[]
  near: NearMiss[]
  notes: string[]
  fa?: { reason: string; notes: string[] }
  entry: Id | null
  at: Time
}

/** A rule before the deciding one, and the first part of it that did not hold. */
export interface NearMiss {
  rule: string
  field: string
  op: string
  want: unknown
  unknown: boolean
}

/** Why this agent: what the matcher met. */
export interface WhyMe {
  how?: string
  candidates?: number
  kept_out?: Record<string, number>
  preferred?: boolean
  cleared?: boolean
  words?: ByLanguage<string[]>
}

export interface Turn {
  id: Id
  queue: Ref
  mode: string
  state: string
  units: number
  agent: Ref | null
  entered_at: Time
  assigned_at: Time | null
  ended_at: Time | null
  why: WhyMe
  offers: { agent: Ref; state: string; reason: string; made_at: Time; settled_at: Time | null }[]
}

export interface Explained {
  decisions: Decision[]
  turns: Turn[]
  assignments: { agent: Ref; how: string; reason: WhyMe; at: Time }[]
}

export interface Channel {
  id: Id
  name: string
  title: string
  kind: string
  enabled: boolean
  simulated: boolean
  state: string
  detail: string
  state_since: Time | null
  last_event_at: Time | null
  oldest_undelivered: Time | null
  signature_mode: string
}

export type LedgerState = 'stored' | 'duplicate' | 'rejected' | 'failed' | 'ignored'
export type Ledger = Record<LedgerState, number>

export interface RawEvent {
  id: Id
  channel: string
  kind: string
  provider_id: string
  state: LedgerState
  reason: string
  entry: Id | null
  received_at: Time | null
  url: string
}

export interface Rules {
  version: number
  body: string
  published_at: Time | null
  published_by: string | null
  note: string
}

export interface FieldProblem {
  field: string
  reason: string
  line?: number | null
  /** The reason in Persian, without its line; empty where it has none. */
  fa?: string
}

export interface Upload {
  id: Id
  name: string
  type: string
  size: number
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface Snapshot {
  seq: number
  me: Me
  queues: Queue[]
  agents: Agent[]
  channels: Channel[]
  offers: Offer[]
  conversations: Conversation[]
}

/** What the hub sends over the live socket. */
export type Frame =
  | { type: 'hello'; seq: number }
  | { type: 'reset' }
  | { type: 'removed'; seq: number; subject: Id }
  | { type: 'typing'; conversation: Id; who: string }
  | ({ type: 'board' } & Board)
  | { type: 'event'; seq: number; kind: string; subject: Id; data: EventData }

export interface EventData {
  entry?: Entry
  /** The conversation that an entry is no longer in. */
  left?: Id
  conversation?: Conversation | null
  offer?: Offer
  agent?: Agent | null
  queue?: Queue | null
  contact?: Contact | null
  channel?: Channel
}
