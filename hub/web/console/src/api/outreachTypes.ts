/** Writing first, templates and consent: the objects of their contract. */
import type { Capabilities, ChannelRef, Conversation, Entry, Id, Time } from './types'

export type Words = Record<string, string>

/** One way to write to somebody; open ways come first. */
export interface Way {
  channel: ChannelRef
  title: string
  to: string
  open: boolean
  why: string
  words: Words
  capabilities: Capabilities
}

export interface Ways {
  contact: Id | null
  name: string
  items: Way[]
}

export interface StartBody {
  channel: Id
  to?: string[]
  contact?: Id
  name?: string
  subject?: string
  text: string
  files?: Id[]
  client_key: string
}

export interface Started {
  conversation: Conversation
  entry: Entry
}

export interface TemplateText {
  text: string
  subject?: string
  html?: string
}

export interface Template {
  name: string
  shipped: boolean
  canned: boolean
  texts: Record<string, TemplateText>
  updated_at: Time | null
  used_by: string[]
}

export interface Variable {
  kind: string
  words: Words
}

export interface Templates {
  items: Template[]
  catalogue: Record<string, Variable>
}

/** A template for one conversation. `missing` still stand in the words as `{{ name }}`. */
export interface Filled {
  language: string
  languages: string[]
  subject: string
  text: string
  html: string
  missing: string[]
}

export type Purpose = 'reply' | 'service' | 'marketing'

export interface Consent {
  id: Id
  identity: Id
  uri: string
  channel: ChannelRef | null
  purposes: Purpose[]
  state: 'granted' | 'withdrawn'
  source: string
  by: string
  proof: string
  entry: Id | null
  conversation: Id | null
  at: Time
}

export interface ConsentBody {
  state: 'granted' | 'withdrawn'
  purposes?: Purpose[]
  channel?: Id
  proof: string
}
