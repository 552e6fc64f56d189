import assert from 'node:assert/strict'
import test from 'node:test'
import type { Deadline } from '../src/api/routingTypes'
import type { I18n } from '../src/i18n'
import { en as english } from '../src/i18n/en'
import { fa as persian } from '../src/i18n/fa'
import { Format, formatSettings } from '../src/i18n/format'
import { dueOf, duesOf, dueWords } from '../src/promises/due'
import { headStart } from '../src/promises/headStart'

const en: I18n = { w: english, f: new Format({ ...formatSettings({ language: 'en' }), timeZone: 'UTC' }) }
const fa: I18n = { w: persian, f: new Format({ ...formatSettings({ language: 'fa' }), timeZone: 'Asia/Tehran' }) }
const now = Date.parse('2026-05-06T12:00:00Z') // a Wednesday

function deadline(due: string | null, more: Partial<Deadline> = {}): Deadline {
  return { kind: 'answer', state: 'running', started_at: '2026-05-06T11:00:00Z', due_at: due, warned: false, breached: false, calendar: '', ...more }
}
const words = (due: string | null, i18n = en, more: Partial<Deadline> = {}): string => dueWords(dueOf(deadline(due, more), now), now, i18n)

test('far away: the moment itself', () => {
  assert.equal(words('2026-05-09T10:00:00Z'), 'Answer by Saturday 10:00')
  assert.equal(words('2026-05-06T14:30:00Z'), 'Answer by 14:30')
  assert.equal(words('2026-05-07T09:00:00Z', en, { kind: 'resolution' }), 'Resolve by tomorrow 09:00')
  assert.equal(words('2026-05-20T09:00:00Z'), 'Answer by 20 May 09:00')
  assert.equal(words('2026-05-09T06:30:00Z', fa), 'پاسخ تا شنبه ۱۰:۰۰')
  assert.equal(words('2026-05-20T06:30:00Z', fa), 'پاسخ تا ۳۰ اردیبهشت ۱۰:۰۰')
})

test('near and late: how long', () => {
  assert.equal(words('2026-05-06T12:12:00Z'), 'Answer within 12 min')
  assert.equal(words('2026-05-06T12:00:20Z'), 'Answer within 1 min')
  assert.equal(words('2026-05-06T11:55:00Z'), 'Answer: 5 min late')
  assert.equal(words('2026-05-06T12:12:00Z', fa), 'پاسخ تا ۱۲ دقیقه دیگر')
  assert.equal(words(null, en, { state: 'paused', kind: 'resolution' }), 'Resolve: paused')
})

test('colour by what is left', () => {
  const tone = (due: string, more: Partial<Deadline> = {}): string => dueOf(deadline(due, more), now).tone
  assert.equal(tone('2026-05-06T13:30:00Z'), 'good')
  assert.equal(tone('2026-05-06T12:50:00Z'), 'warn')
  assert.equal(tone('2026-05-06T12:50:00Z', { warned: true }), 'bad')
  assert.equal(tone('2026-05-06T12:10:00Z'), 'bad')
  assert.equal(tone('2026-05-06T11:59:00Z'), 'bad')
})

test('the nearest first, what stands still last, what is over not at all', () => {
  const all = [deadline(null, { state: 'paused', kind: 'resolution' }), deadline('2026-05-07T00:00:00Z', { kind: 'next_reply' }), deadline('2026-05-06T13:00:00Z'), deadline('2026-05-06T12:30:00Z', { state: 'met' })]
  assert.deepEqual(duesOf(all, now).map((due) => due.kind), ['answer', 'next_reply', 'resolution'])
  assert.deepEqual(duesOf(undefined, now), [])
})

test('a place in line', () => {
  assert.equal(headStart(0, en), '')
  assert.equal(headStart(300, en), '5 min ahead')
  assert.equal(headStart(-7200, en), '2 h behind')
  assert.equal(headStart(300, fa), '۵ دقیقه جلوتر')
})
