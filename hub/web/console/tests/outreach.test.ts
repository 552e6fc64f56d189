import assert from 'node:assert/strict'
import test from 'node:test'
import type { Template } from '../src/api/outreachTypes'
import { catalogueName, filledIn, matching, missingIn, slashQuery } from '../src/composer/canned/catalogue'

const words = { en: 'x' }
const variables = { 'contact.name': { kind: 'text', words }, 'claims.*': { kind: 'text', words } }
const template = (name: string, text: string, canned = true): Template => ({ name, canned, shipped: false, texts: { en: { text } }, updated_at: null, used_by: [] })

test('a lone slash at the beginning looks for a canned reply', () => {
  assert.equal(slashQuery('/'), '')
  assert.equal(slashQuery('/gre'), 'gre')
  for (const text of ['', 'a/b', '/path/to', '/two\nlines', ` /x`]) assert.equal(slashQuery(text), null)
})

test('names come before words, and what only the hub sends is not offered', () => {
  const items = [template('late', 'about your hello'), template('hello', 'Hi'), template('ack', 'hello', false)]
  assert.deepEqual(matching(items, 'hello').map((item) => item.name), ['hello', 'late'])
  assert.deepEqual(matching(items, '').map((item) => item.name), ['late', 'hello'])
})

test('what is missing is asked for once, and only what the catalogue knows', () => {
  assert.deepEqual(missingIn('{{ contact.name }} {{contact.name}} {{ claims.order }} {{ user.email }}', variables), ['contact.name', 'claims.order'])
  assert.equal(catalogueName('claims.*', variables), null)
  assert.equal(catalogueName('claims.', variables), null)
  assert.equal(filledIn('Hi {{ contact.name }}, {{contact.name}} {{ claims.order }}', 'contact.name', '$& Ann'), 'Hi $& Ann, $& Ann {{ claims.order }}')
})
