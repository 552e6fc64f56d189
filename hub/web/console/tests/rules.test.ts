import assert from 'node:assert/strict'
import test from 'node:test'
import { hunks } from '../src/admin/rules/lineDiff'
import type { RuleSchema } from '../src/api/routingTypes'
import { optionsAt } from '../src/admin/rules/options'
import type { Place } from '../src/admin/rules/place'
import { placeAt } from '../src/admin/rules/place'
import { problemOf, rangeOf } from '../src/admin/rules/problems'

const schema: RuleSchema = {
  fields: [
    { name: 'channel', kind: 'name', words: { en: 'Channel', fa: 'کانال' } }, { name: 'text', kind: 'text', words: { en: 'Text' } },
    { name: 'calendar.open', kind: 'flag', words: { en: 'Open now' }, choices: ['true', 'false'] },
  ],
  operators: { text: ['contains', 'contains_any'], name: ['eq', 'in'], flag: ['eq'] },
  queues: ['sales', 'billing'], skills: ['french'], channels: ['sms', 'mail'], templates: ['late'], calendars: ['office'], policies: ['gold'], agents: ['sara@acme.example'],
}

/** The place of the bar in a text, without where it begins. */
function place(text: string): Omit<Place, 'from'> {
  const at = text.indexOf('|')
  const { path, key, field } = placeAt(text.replace('|', ''), at)
  return { path, key, field }
}
const labels = (text: string, language = 'en'): string[] => {
  const at = text.indexOf('|')
  return optionsAt(placeAt(text.replace('|', ''), at), schema, language).map((option) => option.label)
}

test('where a key or a value is being written', () => {
  assert.deepEqual(place('- {id: a, wh|'), { path: [], key: null, field: null })
  assert.deepEqual(place('- {id: a, when: {field: ch|'), { path: ['when'], key: 'field', field: 'ch' })
  assert.deepEqual(place('- {id: a, when: {field: text, con|'), { path: ['when'], key: null, field: 'text' })
  assert.deepEqual(place('- {when: {field: channel, in: [sms, m|'), { path: ['when'], key: 'in', field: 'channel' })
  assert.deepEqual(place('- id: a\n  when:\n    all:\n      - {field: text, contains: x}\n      - {fie|'), { path: ['when', 'all'], key: null, field: null })
  assert.deepEqual(place('- id: a\n  when:\n    field: channel\n    eq: s|'), { path: ['when'], key: 'eq', field: 'channel' })
  assert.deepEqual(place('- id: a\n  then:\n    queue: sa|'), { path: ['then'], key: 'queue', field: null })
  assert.deepEqual(place('- id: a\n  then: {queue: sales}\n  pl|'), { path: [], key: null, field: null })
  assert.deepEqual(place('- id: a\n  plan:\n    - require: [{skill: fr|'), { path: ['plan', 'require'], key: 'skill', field: null })
  assert.deepEqual(place('- id: a\n  plan:\n    - also_queues:\n        - |'), { path: ['plan', 'also_queues'], key: 'also_queues', field: null })
})

test('what may stand there', () => {
  assert.deepEqual(labels('- {wh|'), ['id', 'order', 'when', 'then', 'plan', 'stop', 'override', 'note'])
  assert.deepEqual(labels('- {when: {field: |'), ['channel', 'text', 'calendar.open'])
  assert.deepEqual(labels('- {when: {|'), ['field', 'all', 'any', 'not'])
  assert.deepEqual(labels('- {when: {field: text, c|'), ['contains', 'contains_any'])
  assert.deepEqual(labels('- {when: {field: channel, eq: |'), ['sms', 'mail'])
  assert.deepEqual(labels('- {when: {field: calendar.open, eq: |'), ['true', 'false'])
  assert.deepEqual(labels('- {then: {queue: |'), ['sales', 'billing'])
  assert.deepEqual(labels('- {then: {mode: |'), ['ask', 'push', 'pull'])
  assert.deepEqual(labels('- {then: {sla: {calendar: |'), ['office'])
  assert.deepEqual(labels('- {then: {deflect: {to: |'), ['callback', 'message'])
  assert.deepEqual(labels('- {plan: [{require: [{skill: |'), ['french'])
  assert.equal(optionsAt(placeAt('- {when: {field: ', 17), schema, 'fa')[0]?.detail, 'کانال')
})

test('an error is shown where it is', () => {
  const problem = problemOf({ field: 'rules[2].then.queue', reason: 'no such queue: generl (line 7)' })
  assert.deepEqual(problem, { field: 'rules[2].then.queue', reason: 'no such queue: generl', line: 7 })
  const line = '- {id: rest, when: {}, then: {queue: generl, mode: ask}}'
  const { from, to } = rangeOf(problem, line)
  assert.equal(line.slice(from, to), 'queue: generl')
  assert.deepEqual(rangeOf({ field: 'rules[0]', reason: '', line: 1 }, '  - {a: 1}'), { from: 2, to: 10 })
  assert.equal(problemOf({ field: 'body', reason: 'bad', line: 3 }).line, 3)
  const both = { field: 'body', reason: 'is empty (line 4)', fa: 'تهی است' }
  assert.deepEqual(problemOf(both, 'fa'), { field: 'body', reason: 'تهی است', line: 4 })
  assert.equal(problemOf(both).reason, 'is empty')
})

test('differences with what stands around', () => {
  assert.deepEqual(hunks('a\nb\nc\nd\ne\nf', 'a\nb\nc\nd\nX\nf', 1).map((line) => `${line.kind} ${line.text}`), ['gap ', 'same d', 'removed e', 'added X', 'same f'])
  assert.deepEqual(hunks('a\nb', 'a\nb'), [])
})
