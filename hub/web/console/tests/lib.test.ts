import assert from 'node:assert/strict'
import test from 'node:test'
import { changes } from '../src/admin/rules/lineDiff'
import { toBlocks } from '../src/conversation/toBlocks'
import type { Entry } from '../src/api/types'
import { atClock, Format, formatSettings } from '../src/i18n/format'
import { initials, showAddress, toUri } from '../src/lib/address'
import { parseRoute } from '../src/lib/router'
import { countParts } from '../src/lib/sms'
import { backoff } from '../src/live/socket'

const sizes = [160, 153, 70, 67]
const format = (language: 'en' | 'fa', timeZone: string): Format => new Format({ ...formatSettings({ language }), timeZone })

test('parts of a text message', () => {
  assert.deepEqual(countParts('a'.repeat(160), sizes), { parts: 1, left: 0, unicode: false })
  assert.equal(countParts('a'.repeat(161), sizes).parts, 2)
  assert.equal(countParts('€'.repeat(80), sizes).parts, 1)
  assert.equal(countParts('€'.repeat(81), sizes).parts, 2)
  assert.deepEqual(countParts('س'.repeat(70), sizes), { parts: 1, left: 0, unicode: true })
  assert.equal(countParts('س'.repeat(71), sizes).parts, 2)
})

test('letters for a face, none where there is no name', () => {
  assert.equal(initials('Lucas Dunn'), 'LD')
  assert.equal(initials('هانیه شریفی'), 'ه')
  for (const nameless of ['Visitor 58a9', 'بازدیدکننده f2af', '+98 900 000 0013']) assert.equal(initials(nameless), '')
})

test('no part tears a family apart', () => {
  const family = '👨‍👩‍👧' // 8 units
  assert.equal(countParts(family.repeat(9), sizes).parts, 2) // 72 units: 8 in the first 67
})

test('days, digits and calendars', () => {
  const moment = '2026-03-21T20:45:00Z'
  assert.equal(format('en', 'UTC').time(moment), '20:45')
  assert.equal(format('fa', 'Asia/Tehran').time(moment), '۰۰:۱۵')
  assert.equal(format('fa', 'Asia/Tehran').day('2020-03-21T20:45:00Z'), '۳ فروردین ۱۳۹۹')
  assert.equal(format('fa', 'Asia/Tehran').exact(moment), 'یکشنبه، ۲ فروردین ۱۴۰۵، ۰:۱۵:۰۰')
  assert.match(format('en', 'UTC').exact(moment), /^Saturday.* 2026,? 20:45:00$/)
  assert.equal(format('fa', 'Asia/Tehran').daysBetween('2026-03-21T20:00:00Z', moment), 1)
})

test('a wall clock in another zone, over a change to summer time', () => {
  assert.equal(atClock(new Date('2026-03-29T12:00:00Z'), 9, 0, 'Europe/Berlin').toISOString(), '2026-03-29T07:00:00.000Z')
  assert.equal(atClock(new Date('2026-01-15T22:00:00Z'), 9, 0, 'Asia/Tehran').toISOString(), '2026-01-16T05:30:00.000Z')
})

test('addresses to show and to send', () => {
  assert.equal(showAddress('mailto:a@b.example'), 'a@b.example')
  assert.equal(showAddress('tel:+12025550147'), '+1 202-555-0147')
  assert.equal(toUri(' a@b.example '), 'mailto:a@b.example')
  assert.equal(toUri('+1 (202) 555-0147'), 'tel:+12025550147')
  assert.equal(toUri('Hannah'), null)
})

test('paths', () => {
  assert.deepEqual(parseRoute('/c/12'), { page: 'inbox', conversation: 12 })
  assert.deepEqual(parseRoute('/c/x'), { page: 'inbox', conversation: null })
  assert.deepEqual(parseRoute('/link/abc'), { page: 'link', token: 'abc' })
})

test('the wait grows, with jitter, to at most 20 s', () => {
  assert.equal(backoff(0, 1), 500)
  assert.equal(backoff(20, 1), 20_000)
  assert.equal(backoff(3, 0), 2_000)
})

test('lines that changed', () => {
  assert.deepEqual(changes('a\nb\nc', 'a\nx\nc'), { added: 1, removed: 1, lines: [{ kind: 'removed', text: 'b' }, { kind: 'added', text: 'x' }] })
  assert.equal(changes('a\nb', 'a\nb').lines.length, 0)
})

test('blocks: days, groups of bubbles, folded lines', () => {
  const one = (id: number, kind: string, minute: number): Entry => ({
    id, contact: 1, conversation: 1, kind, direction: kind === 'message' ? 'in' : null, channel: null, channel_kind: null, actor: { kind: 'customer', id: 1, name: '' }, address: 'mailto:ann@b.example', to_other: false, provider_id: null,
    client_key: null, subject: '', text: '', has_more: false, html: false, at: new Date(minute * 60_000).toISOString(), provider_time: null, late: false,
    attachments: [], delivery: null, data: {},
  })
  const blocks = toBlocks([one(1, 'message', 1), one(2, 'message', 3), one(3, 'taken', 4), one(4, 'resolved', 5), one(5, 'note', 6)], { dayOf: () => 'd', matters: true })
  assert.deepEqual(blocks.map((block) => block.kind), ['day', 'bubble', 'bubble', 'lines', 'note'])
  assert.deepEqual(blocks.flatMap((block) => (block.kind === 'bubble' ? [[block.first, block.last]] : [])), [[true, false], [false, true]])
})
