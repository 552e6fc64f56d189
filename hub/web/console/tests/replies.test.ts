import assert from 'node:assert/strict'
import test from 'node:test'
import type { Conversation, Entry, Frame } from '../src/api/types'
import { leftWithout, others, provenanceOf } from '../src/replies/facts'
import { addPage, applyFrames } from '../src/store/reduce'
import { nothing } from '../src/store/state'

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()

function conversation(id: number, contact: number): Conversation {
  return {
    id, contact: { id: contact, name: '' }, address: 'mailto:ann@b.example', channel: { id: 1, name: 'mail', kind: 'email' }, status: 'open', subject: '',
    queue: null, agent: null, priority: 0, tags: [], waiting_since: null, snoozed_until: null, last_at: at(id), last_text: '',
    last_direction: 'in', unread: false, code: '', follows: null, created_at: at(0), resolved_at: null, work_item: null,
  }
}

function entry(id: number, more: Partial<Entry> = {}): Entry {
  return {
    id, contact: 1, conversation: 1, kind: 'message', direction: 'in', channel: 'mail', channel_kind: 'email', actor: { kind: 'customer', id: 1, name: 'Ann' }, address: 'mailto:ann@b.example', to_other: false, provider_id: null,
    client_key: null, subject: '', text: String(id), has_more: false, html: false, at: at(id), provider_time: null, late: false, attachments: [],
    delivery: null, data: {}, ...more,
  }
}

const frame = (seq: number, kind: string, subject: number, data: object): Frame => ({ type: 'event', seq, kind, subject, data })
const two = applyFrames(addPage(addPage(nothing, 1, { items: [entry(6), entry(5)], next: 'older' }, true), 2, { items: [entry(4, { contact: 2, conversation: 2 })], next: null }, true), [
  frame(1, 'conversation.changed', 1, { conversation: conversation(1, 1) }), frame(2, 'conversation.changed', 2, { conversation: conversation(2, 2) }),
])
const shown = (state: typeof two, contact: number): number[] => (state.timelines[contact]?.items ?? []).map((item) => item.id)

test('an entry that moves is where it is now, and its person keeps it', () => {
  const moved = entry(5, { conversation: 2 })
  const next = applyFrames(two, [frame(3, 'entry.left', 5, { left: 1 }), frame(4, 'entry.moved', 5, { entry: moved, conversation: conversation(2, 2) })])
  assert.deepEqual(shown(next, 2), [4, 5])
  assert.equal(next.timelines[1]?.items.find((item) => item.id === 5)?.conversation, 2)
  assert.equal(next.conversations[1]?.id, 1)
})

test('an entry that moves out of sight is gone', () => {
  assert.deepEqual(shown(applyFrames(two, [frame(3, 'entry.left', 5, { left: 1 })]), 1), [6])
})

test('what moves to before the loaded page waits for that page', () => {
  const next = applyFrames(two, [frame(3, 'entry.moved', 2, { entry: entry(2), conversation: conversation(1, 1) })])
  assert.deepEqual(shown(next, 1), [5, 6])
})

test('who else got a mail: neither whoever wrote it nor we, whoever wrote since', () => {
  const to = (name: string, bare: string) => ({ uri: `mailto:${bare}`, name })
  const data = { to: [to('', 'help@acme.example'), to('Bob', 'bob@a.example')], cc: [to('', 'cy@a.example')] }
  const parts = ['bob@a.example', 'cy@a.example', 'ann@b.example'].map((bare) => ({ role: 'to', uri: `mailto:${bare}`, name: '', new: false }))
  assert.deepEqual(others(entry(5, { data }), parts), ['Bob', 'cy@a.example'])
  const answer = { data: { to: [to('Ann', 'ann@b.example')], cc: [to('Bob', 'bob@a.example')] }, direction: 'out' as const }
  assert.deepEqual(others(entry(6, answer), parts), ['Bob'])
  assert.deepEqual(others(entry(7, { ...answer, to_other: true, address: 'mailto:bob@a.example' }), parts), ['Ann', 'Bob'])
  const arrivals = [{ channel: 'mail', at: at(1) }, { channel: 'sales', at: at(2) }]
  assert.deepEqual(provenanceOf(entry(5, { data: { arrivals } })).alsoIn, ['sales'])
})

test('a message that a conversation is made of cannot be split off', () => {
  const items = [entry(1, { conversation: 2 }), entry(4), entry(5, { kind: 'system' }), entry(6)]
  const whole = { items, older: null, since: null }
  const left = (timeline: typeof whole | undefined, id: number, from: number) => leftWithout(timeline, from, id)
  assert.deepEqual([left(whole, 1, 2), left(whole, 4, 1), left(whole, 6, 1)], ['nothing', 'later', 'earlier'])
  assert.deepEqual([left({ ...whole, older: 'x' } as never, 1, 2), left(undefined, 1, 2)], ['earlier', 'earlier'])
})
