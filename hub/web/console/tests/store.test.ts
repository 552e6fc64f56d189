import assert from 'node:assert/strict'
import test from 'node:test'
import type { Contact, Conversation, Entry, Frame, Queue } from '../src/api/types'
import { addContact, addPage, applyFrames, awaitPage, fromSnapshot } from '../src/store/reduce'
import { listed } from '../src/store/select'
import { nothing } from '../src/store/state'

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()

function conversation(id: number, more: Partial<Conversation> = {}): Conversation {
  return {
    id, contact: { id: 1, name: 'Ann' }, address: 'tel:+1', channel: { id: 1, name: 'sms', kind: 'sms_twilio' }, status: 'open', subject: '',
    queue: { id: 1, name: 'general' }, agent: null, priority: 0, tags: [], waiting_since: at(id), snoozed_until: null, last_at: at(id), last_text: '',
    last_direction: 'in', unread: true, code: '', follows: null, created_at: at(0), resolved_at: null, work_item: null, ...more,
  }
}

function entry(id: number, more: Partial<Entry> = {}): Entry {
  return {
    id, contact: 1, conversation: 1, kind: 'message', direction: 'in', channel: null, channel_kind: null, actor: { kind: 'customer', id: 1, name: 'Ann' }, address: 'mailto:ann@b.example', to_other: false, provider_id: null,
    client_key: null, subject: '', text: String(id), has_more: false, html: false, at: at(id), provider_time: null, late: false, attachments: [],
    delivery: null, data: {}, ...more,
  }
}

const queue: Queue = { id: 1, name: 'general', title: {}, waiting: 0, oldest: null, visible_to: 'everyone', member: true }
const me = {
  id: 1, email: '', name: 'Me', role: 'agent' as const, permissions: ['read', 'work'], settings: {}, csrf: '',
  agent: { id: 7, presence: 'available' as const, reason: '', capacity: 100, used: 0, queues: [] },
  hub: { name: '', demo: false, region: 'US', time_zone: 'UTC', language: 'en', calendar: 'gregory', digits: 'latn', first_day: 1, hold: false },
}
const start = fromSnapshot(nothing, { seq: 10, me, queues: [queue], agents: [], channels: [], offers: [], conversations: [conversation(1)] })
const event = (seq: number, kind: string, data: object): Frame => ({ type: 'event', seq, kind, subject: 1, data })

test('two frames of one event are both applied, older ones are dropped', () => {
  const next = applyFrames(start, [
    event(9, 'conversation.changed', { conversation: conversation(1, { subject: 'old' }) }),
    event(11, 'conversation.changed', { conversation: conversation(1, { subject: 'new' }) }),
    event(11, 'queue.changed', { queue: { ...queue, waiting: 3 } }),
  ])
  assert.equal(next.conversations[1]?.subject, 'new')
  assert.equal(next.queues[1]?.waiting, 3)
  assert.equal(next.seq, 11)
})

test('the same frames twice make the same state', () => {
  const frames = [event(11, 'entry.added', { entry: entry(5), conversation: conversation(1) }), event(12, 'offer.ended', { offer: { id: 3, state: 'expired' } })]
  const loaded = addPage(start, 1, { items: [], next: null }, true)
  const once = applyFrames(loaded, frames)
  assert.deepEqual(applyFrames(once, frames), once)
  assert.equal(once.timelines[1]?.items.length, 1)
})

test('entries keep the order of (time, id) whatever order they come in', () => {
  const page = addPage(start, 1, { items: [entry(6), entry(4)], next: 'older' }, true)
  const older = addPage(page, 1, { items: [entry(3), entry(2)], next: null }, false)
  const live = applyFrames(older, [event(11, 'entry.added', { entry: entry(5), conversation: conversation(1) })])
  assert.deepEqual(live.timelines[1]?.items.map((item) => item.id), [2, 3, 4, 5, 6])
})

test('what comes while a first page is under way is not lost when the page is older', () => {
  const loaded = addPage(start, 1, { items: [entry(4)], next: null }, true)
  for (const before of [start, loaded]) {
    const asked = awaitPage(before, 1)
    const frames = [
      event(11, 'entry.added', { entry: entry(5), conversation: conversation(1) }),
      event(12, 'entry.changed', { entry: entry(4, { text: 'changed' }), conversation: conversation(1) }),
      event(13, 'entry.changed', { entry: entry(1, { text: 'of an older page' }), conversation: conversation(1) }),
    ]
    const live = addPage(applyFrames(asked, frames), 1, { items: [entry(4)], next: 'older' }, true)
    assert.deepEqual(live.timelines[1]?.items.map((item) => [item.id, item.text]), [[4, 'changed'], [5, entry(5).text]])
    assert.deepEqual(addPage(live, 1, { items: [entry(4)], next: null }, true).timelines[1]?.items.map((item) => item.id), [4])
  }
})

test('an entry of a joined person lands on the timeline of the conversation', () => {
  const loaded = addPage(start, 1, { items: [], next: null }, true)
  const next = applyFrames(loaded, [event(11, 'entry.added', { entry: entry(5, { contact: 99 }), conversation: conversation(1) })])
  assert.equal(next.timelines[1]?.items[0]?.id, 5)
})

test('a change of delivery replaces the entry and a removed conversation is gone', () => {
  const loaded = addPage(start, 1, { items: [entry(5)], next: null }, true)
  const next = applyFrames(loaded, [event(11, 'entry.changed', { entry: entry(5, { text: 'changed' }) }), { type: 'removed', seq: 12, subject: 1 }])
  assert.equal(next.timelines[1]?.items[0]?.text, 'changed')
  assert.equal(next.conversations[1], undefined)
  assert.equal(next.seq, 12)
})

test('my own load follows the events of my agent', () => {
  const agent = { id: 7, user: 1, name: 'Me', email: '', presence: 'away', reason: 'lunch', present_since: at(0), used: 30, capacity: 100, queues: [] }
  const next = applyFrames(start, [event(11, 'agent.changed', { agent })])
  assert.deepEqual([next.me?.agent?.used, next.me?.agent?.presence], [30, 'away'])
})

test('queues list those who wait first, the longest wait on top', () => {
  const state = fromSnapshot(start, {
    seq: 1, me, queues: [queue], agents: [], channels: [], offers: [],
    conversations: [conversation(5), conversation(2), conversation(9, { agent: { id: 8, name: 'Bo' } }), conversation(3, { status: 'resolved' })],
  })
  const rows = listed(state, { view: 'queues', status: 'active', queue: null })
  assert.deepEqual(rows.map((row) => (row.kind === 'row' ? row.id : row.key)), ['waiting', 2, 5, 'taken', 9])
})

test('what is said once changes nothing by itself', () => {
  const next = applyFrames(start, [{ type: 'event', seq: 12, kind: 'sla.warned', subject: 4, data: { conversation: 1 } } as unknown as Frame])
  assert.deepEqual(next, { ...start, seq: 12 })
})

test('two contacts become one person on whatever screen shows either, and two again', () => {
  const person = (id: number, name: string, links: number[] = []): Contact => ({
    id, name, language: '', identities: [], claims: [], attributes: {}, created_at: at(0),
    links: links.map((other) => ({ contact: { id: other, name: '' }, evidence: 'agent:', by: '', at: at(0) })),
  })
  const changed = (seq: number, subject: number, contact: Contact): Frame => ({ type: 'event', seq, kind: 'contact.changed', subject, data: { contact } })
  const before = addContact(addContact(nothing, person(1, 'Ann')), person(2, ''))
  const joined = applyFrames(before, [changed(1, 1, person(1, 'Ann', [2])), changed(2, 2, person(1, 'Ann', [2]))])
  assert.equal(joined.contacts[2]?.id, 1)
  assert.deepEqual(joined.contacts[1]?.links?.map((link) => link.contact.id), [2])
  const parted = applyFrames(joined, [changed(3, 1, person(1, 'Ann')), changed(4, 2, person(2, ''))])
  assert.equal(parted.contacts[2]?.id, 2)
  assert.equal(parted.contacts[2]?.name, '')
  assert.deepEqual(parted.contacts[1]?.links, [])
  assert.equal(applyFrames(nothing, [changed(1, 2, person(1, 'Ann', [2]))]).contacts[2], undefined)
})
