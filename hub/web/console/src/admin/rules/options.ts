import type { RuleSchema } from '../../api/routingTypes'
import type { Place } from './place'

export interface Option {
  label: string
  /** What it is, in the reader's language. */
  detail?: string
  kind: 'key' | 'field' | 'operator' | 'value'
}

const ROW = ['id', 'order', 'when', 'then', 'plan', 'stop', 'override', 'note']
const SPANS = ['answer', 'first_reply', 'next_reply', 'resolution', 'target', 'calendar']
const STEP = ['require', 'prefer', 'for', 'also_queues', 'then_offer', 'overflow']
const INSIDE: Record<string, string[]> = {
  then: ['queue', 'route', 'reason', 'priority', 'tags', 'mode', 'sla', 'reply_template', 'deflect', 'interruptible', 'weight', 'overflow'],
  sla: SPANS, deflect: ['to', 'at', 'keep_place'], plan: STEP, require: ['skill', 'min'], prefer: ['last_agent', 'agent', 'skill'], tags: ['add'],
}
const CONDITIONS = new Set(['when', 'all', 'any', 'not'])
const FIXED: Record<string, string[]> = {
  mode: ['ask', 'push', 'pull'], route: ['none'], then_offer: ['callback', 'message'], at: ['next_open'], stop: ['true', 'false'],
  override: ['true', 'false'], keep_place: ['true', 'false'], interruptible: ['true', 'false'],
}
type Names = 'queues' | 'skills' | 'templates' | 'calendars' | 'policies' | 'agents'
const NAMED: Record<string, Names> = {
  queue: 'queues', overflow: 'queues', also_queues: 'queues', skill: 'skills', agent: 'agents', reply_template: 'templates', calendar: 'calendars', sla: 'policies',
}

const keys = (labels: readonly string[]): Option[] => labels.map((label) => ({ label, kind: 'key' }))
const values = (labels: readonly string[]): Option[] => labels.map((label) => ({ label, kind: 'value' }))

/** What may stand here. */
export function optionsAt(place: Place, schema: RuleSchema, language: string): Option[] {
  return place.key === null ? keysAt(place, schema) : valuesAt(place, place.key, schema, language)
}

function keysAt({ path, field }: Place, schema: RuleSchema): Option[] {
  const parent = path.at(-1)
  if (parent === undefined || parent === 'rules') return keys(ROW)
  if (!CONDITIONS.has(parent)) return keys(INSIDE[parent] ?? [])
  const operators = operatorsOf(field, schema)
  return [...keys(field === null ? ['field', 'all', 'any', 'not'] : []), ...operators.map((label): Option => ({ label, kind: 'operator' }))]
}

function operatorsOf(field: string | null, schema: RuleSchema): string[] {
  if (field === null) return []
  const kind = schema.fields.find((item) => item.name === field)?.kind
  return kind === undefined ? [...new Set(Object.values(schema.operators).flat())] : (schema.operators[kind] ?? [])
}

function valuesAt({ path, field }: Place, key: string, schema: RuleSchema, language: string): Option[] {
  if (key === 'field') {
    return schema.fields.map(({ name, words, kind }) => ({ label: name, detail: words[language] ?? words['en'] ?? kind, kind: 'field' }))
  }
  if (key === 'to' && path.at(-1) === 'deflect') return values(['callback', 'message'])
  const fixed = FIXED[key]
  if (fixed) return values(fixed)
  const parent = path.at(-1)
  if (field !== null && (parent === undefined || CONDITIONS.has(parent))) return values(choicesOf(field, schema))
  const names = NAMED[key]
  return names ? values(schema[names] ?? []) : []
}

function choicesOf(field: string, schema: RuleSchema): string[] {
  const own = schema.fields.find((item) => item.name === field)?.choices
  if (own?.length) return own
  if (field === 'channel') return schema.channels
  return field === 'queue' ? schema.queues : []
}
