/** Snapshot + events == snapshot: every change that the hub reports, as pure functions. */
import type {
  Contact, Conversation, ConversationDetail, Entry, EventData, Frame, Id, Page, Snapshot,
} from '../api/types'
import type { HubState, Table, Timeline } from './state'

export function byId<T extends { id: Id }>(items: readonly T[]): Table<T> {
  return Object.fromEntries(items.map((item) => [item.id, item]))
}

function put<T extends { id: Id }>(table: Table<T>, item: T): Table<T> {
  return { ...table, [item.id]: item }
}

function without<T>(table: Table<T>, id: Id): Table<T> {
  if (!(id in table)) return table
  const rest = { ...table }
  delete rest[id]
  return rest
}

/** A fresh snapshot replaces all but what the open screens have fetched besides. */
export function fromSnapshot(state: HubState, snapshot: Snapshot): HubState {
  return {
    ...state,
    seq: snapshot.seq,
    me: snapshot.me,
    queues: byId(snapshot.queues),
    agents: byId(snapshot.agents),
    channels: byId(snapshot.channels),
    offers: byId(snapshot.offers),
    conversations: byId(snapshot.conversations),
    details: {},
    contacts: {},
    timelines: {},
    meanwhile: {},
  }
}

export function addConversations(state: HubState, items: readonly Conversation[]): HubState {
  return { ...state, conversations: { ...state.conversations, ...byId(items) } }
}

/** `asked`: the row as it was when this was asked for; what frames have made of it since is newer. */
export function addDetail(state: HubState, detail: ConversationDetail, asked: Conversation | undefined): HubState {
  const { participants, channels, recipients, draft, decision, seen_seq, ...conversation } = detail
  const current = state.conversations[detail.id]
  return {
    ...state,
    conversations: current && current !== asked ? state.conversations : put(state.conversations, conversation),
    details: { ...state.details, [detail.id]: { participants, channels, recipients, draft, decision, seen_seq } },
  }
}

/** `asked`: the contact that was asked for, which may be part of the person by now. */
export function addContact(state: HubState, contact: Contact, asked: Id = contact.id): HubState {
  return {
    ...addConversations(state, contact.conversations ?? []),
    contacts: { ...put(state.contacts, contact), [asked]: contact },
  }
}

/** A person's first page is asked for: what frames bring until it is there is kept for it. */
export function awaitPage(state: HubState, contact: Id): HubState {
  return { ...state, meanwhile: { ...state.meanwhile, [contact]: [] } }
}

/** Nobody waits for that page any more. */
export function forgetPage(state: HubState, contact: Id): HubState {
  return { ...state, meanwhile: without(state.meanwhile, contact) }
}

/** One page of a timeline, newest first as the hub sends it; `first` starts it anew. */
export function addPage(state: HubState, contact: Id, page: Page<Entry>, first: boolean): HubState {
  const since = page.next ? (page.items.at(-1)?.at ?? null) : null
  const meanwhile = (state.meanwhile[contact] ?? []).filter((entry) => !since || Date.parse(entry.at) >= Date.parse(since))
  const items = first ? merge(page.items, meanwhile) : merge(state.timelines[contact]?.items ?? [], page.items)
  const timeline: Timeline = { items, older: page.next, since }
  return {
    ...state,
    timelines: { ...state.timelines, [contact]: timeline },
    meanwhile: first ? without(state.meanwhile, contact) : state.meanwhile,
  }
}

/** Change what is kept for the first pages that are under way. */
function keepMeanwhile(state: HubState, change: (contact: Id, items: Entry[]) => Entry[]): HubState {
  const kept = Object.entries(state.meanwhile)
  if (!kept.length) return state
  return { ...state, meanwhile: Object.fromEntries(kept.map(([contact, items]) => [contact, change(Number(contact), items)])) }
}

export function markSeen(state: HubState, id: Id): HubState {
  const conversation = state.conversations[id]
  if (!conversation?.unread) return state
  return { ...state, conversations: put(state.conversations, { ...conversation, unread: false }) }
}

/** Oldest first by (at, id), each entry once, the newer version winning. */
export function merge(known: readonly Entry[], more: readonly Entry[]): Entry[] {
  const all = new Map(known.map((entry) => [entry.id, entry]))
  for (const entry of more) all.set(entry.id, entry)
  return [...all.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.id - b.id)
}

/** The person on whose timeline an entry is shown: the conversation's, as joined people share one. */
function owner(state: HubState, entry: Entry, conversation?: Conversation): Id {
  if (conversation) return conversation.contact.id
  const known = entry.conversation === null ? undefined : state.conversations[entry.conversation]
  return known?.contact.id ?? entry.contact
}

export function addEntry(state: HubState, entry: Entry, conversation?: Conversation): HubState {
  const contact = owner(state, entry, conversation)
  const next = keepMeanwhile(state, (of, items) => (of === contact ? merge(items, [entry]) : items))
  const timeline = next.timelines[contact]
  if (!timeline) return next
  const changed = { ...timeline, items: merge(timeline.items, [entry]) }
  return { ...next, timelines: { ...next.timelines, [contact]: changed } }
}

/** An entry is not where it was: no timeline shows it until a frame says where it is. */
function dropEntry(state: HubState, id: Id): HubState {
  const timelines = Object.entries(state.timelines).map(([contact, timeline]) => {
    const items = timeline.items.filter((item) => item.id !== id)
    return [contact, items.length === timeline.items.length ? timeline : { ...timeline, items }] as const
  })
  const next = { ...state, timelines: Object.fromEntries(timelines) }
  return keepMeanwhile(next, (_, items) => items.filter((item) => item.id !== id))
}

/** It came from another conversation: onto the timelines that reach back to it. */
function placeEntry(state: HubState, entry: Entry, conversation?: Conversation): HubState {
  let next = dropEntry(state, entry.id)
  for (const contact of new Set([owner(state, entry, conversation), entry.contact])) {
    next = keepMeanwhile(next, (of, items) => (of === contact ? merge(items, [entry]) : items))
    const timeline = next.timelines[contact]
    if (!timeline || (timeline.since && Date.parse(entry.at) < Date.parse(timeline.since))) continue
    const changed = { ...timeline, items: merge(timeline.items, [entry]) }
    next = { ...next, timelines: { ...next.timelines, [contact]: changed } }
  }
  return next
}

function changeEntry(before: HubState, entry: Entry): HubState {
  const contact = owner(before, entry)
  const state = keepMeanwhile(before, (of, items) => (of === contact ? merge(items, [entry]) : items))
  for (const [contact, timeline] of Object.entries(state.timelines)) {
    if (!timeline.items.some((item) => item.id === entry.id)) continue
    const items = timeline.items.map((item) => (item.id === entry.id ? entry : item))
    return { ...state, timelines: { ...state.timelines, [contact]: { ...timeline, items } } }
  }
  return state
}

function changeAgent(state: HubState, agent: NonNullable<EventData['agent']>): HubState {
  const agents = put(state.agents, { ...state.agents[agent.id], ...agent })
  const mine = state.me?.agent
  if (!state.me || !mine || mine.id !== agent.id) return { ...state, agents }
  const { presence, reason, used, capacity } = agent
  return { ...state, agents, me: { ...state.me, agent: { ...mine, presence, reason, used, capacity } } }
}

/**
 * `subject` is whom it is about; `changed` the person that they are part of now, so that whoever
 * looks at a joined contact sees the whole person at once.
 */
function changeContact(state: HubState, subject: Id, changed: Contact): HubState {
  const { name } = changed
  let { contacts } = state
  for (const id of new Set([subject, changed.id])) {
    const known = contacts[id]
    if (known) contacts = { ...contacts, [id]: { ...(known.id === changed.id ? known : {}), ...changed } }
  }
  const conversations = Object.values(state.conversations)
    .filter((item) => item.contact.id === changed.id && item.contact.name !== name)
    .map((item) => ({ ...item, contact: { ...item.contact, name } }))
  return addConversations({ ...state, contacts }, conversations)
}

/** Says something once; what it is about comes in frames of its own. */
export const isNotice = (kind: string): boolean => kind.startsWith('sla.') || kind === 'agent.forced'

function applyEvent(state: HubState, kind: string, subject: Id, data: EventData): HubState {
  if (isNotice(kind)) return state
  const conversation = data.conversation ?? undefined
  let next = state
  if (conversation) next = { ...next, conversations: put(next.conversations, conversation) }
  if (data.entry) {
    const file = kind === 'entry.moved' ? placeEntry : addEntry
    next = kind === 'entry.changed' ? changeEntry(next, data.entry) : file(next, data.entry, conversation)
  } else if (data.left !== undefined) next = dropEntry(next, subject)
  if (data.offer) {
    const over = kind === 'offer.ended' || data.offer.state !== 'pending'
    const offers = over ? without(next.offers, data.offer.id) : put(next.offers, data.offer)
    next = { ...next, offers }
  }
  if (data.agent) next = changeAgent(next, data.agent)
  if (data.queue) {
    const queue = { ...next.queues[data.queue.id], ...data.queue }
    next = { ...next, queues: put(next.queues, queue) }
  }
  if (data.contact) next = changeContact(next, subject, data.contact)
  if (data.channel) {
    const channel = { ...next.channels[data.channel.id], ...data.channel }
    next = { ...next, channels: put(next.channels, channel) }
  }
  return next
}

/** A conversation that left our sight. */
function remove(state: HubState, id: Id): HubState {
  return { ...state, conversations: without(state.conversations, id), details: without(state.details, id) }
}

/**
 * Apply frames in order. What is older than what we have is dropped; an equal seq is not, as one
 * event may show as two frames (a turn: its conversation and its queue) and each is whole.
 */
export function applyFrames(state: HubState, frames: readonly Frame[]): HubState {
  return frames.reduce(applyFrame, state)
}

function applyFrame(state: HubState, frame: Frame): HubState {
  if (frame.type === 'event') {
    if (frame.seq < state.seq) return state
    return { ...applyEvent(state, frame.kind, frame.subject, frame.data), seq: frame.seq }
  }
  if (frame.type === 'removed') {
    return { ...remove(state, frame.subject), seq: Math.max(state.seq, frame.seq) }
  }
  return state
}
