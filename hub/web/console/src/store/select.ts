import type { Conversation, Id, Me } from '../api/types'
import type { HubState } from './state'

export type View = 'mine' | 'queues' | 'all'
export type StatusFilter = 'active' | 'resolved' | 'snoozed' | 'spam'

export interface ListFilter {
  view: View
  status: StatusFilter
  queue: Id | null
}

/** A row of the list: a conversation or a heading above the next ones. */
export type ListItem = { kind: 'row'; id: Id } | { kind: 'heading'; key: 'waiting' | 'taken'; count: number }

export type Permission = 'read' | 'work' | 'move' | 'ledger' | 'replay' | 'trace' | 'templates' | 'rules' | 'channels' | 'users' | 'tokens' | 'audit'

export function can(me: Me | null, permission: Permission): boolean {
  return me?.permissions.includes(permission) ?? false
}

/** Sees the pages under Admin. */
export const isStaff = (me: Me | null): boolean => can(me, 'ledger') || can(me, 'channels')

/** Whether I serve this queue: what the queue says, or else what I am. */
export function serves(state: HubState, queue: Id): boolean {
  const said = state.queues[queue]?.member
  return said ?? state.me?.agent?.queues.some((mine) => mine.id === queue) ?? false
}

/** Nobody has it and it waits for somebody of its queue. */
export function isWaiting(item: Conversation): boolean {
  return item.agent === null && item.status === 'open' && item.queue !== null
}

function hasStatus(item: Conversation, filter: StatusFilter): boolean {
  if (filter === 'active') return item.status === 'open' || item.status === 'pending'
  return item.status === filter
}

function inView(state: HubState, item: Conversation, filter: ListFilter): boolean {
  if (filter.view === 'mine') return item.agent !== null && item.agent.id === state.me?.agent?.id
  if (filter.view === 'all') return filter.queue === null || item.queue?.id === filter.queue
  if (!item.queue) return false
  if (filter.queue !== null) return item.queue.id === filter.queue
  return serves(state, item.queue.id)
}

const newest = (a: Conversation, b: Conversation): number =>
  Date.parse(b.last_at) - Date.parse(a.last_at) || b.id - a.id

/** When it counts as having come: its key in line, else when it came less its head start. */
const cameAt = (item: Conversation): number =>
  item.work_item ? Date.parse(item.work_item.order_key) : Date.parse(item.waiting_since ?? item.last_at) - item.priority * 1000

/** Who is next: the longest wait, with the head start that it was given. */
export const longest = (a: Conversation, b: Conversation): number => cameAt(a) - cameAt(b) || a.id - b.id

/** What the list shows, in order: queues put those who wait first, longest wait on top. */
export function listed(state: HubState, filter: ListFilter): ListItem[] {
  const found = Object.values(state.conversations).filter(
    (item) => hasStatus(item, filter.status) && inView(state, item, filter),
  )
  if (filter.view !== 'queues' || filter.status !== 'active') return found.sort(newest).map(row)
  const waiting = found.filter(isWaiting).sort(longest)
  const taken = found.filter((item) => !isWaiting(item)).sort(newest)
  return [...section('waiting', waiting), ...section('taken', taken)]
}

const row = (item: Conversation): ListItem => ({ kind: 'row', id: item.id })

function section(key: 'waiting' | 'taken', items: Conversation[]): ListItem[] {
  return items.length ? [{ kind: 'heading', key, count: items.length }, ...items.map(row)] : []
}

export function unreadMine(state: HubState): number {
  const mine = state.me?.agent?.id
  if (mine === undefined) return 0
  return Object.values(state.conversations).filter((item) => item.unread && item.agent?.id === mine).length
}

export function waitingForMe(state: HubState): number {
  return Object.values(state.queues)
    .filter((queue) => serves(state, queue.id))
    .reduce((sum, queue) => sum + queue.waiting, 0)
}
