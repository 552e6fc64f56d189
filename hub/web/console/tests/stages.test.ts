import assert from 'node:assert/strict'
import test from 'node:test'
import type { Explanation, PlanStep } from '../src/api/routingTypes'
import { stagesOf } from '../src/context/explain/stages'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 9, 0, second)).toISOString()
const step = (number: number, state: PlanStep['state'], seconds: number | null): PlanStep =>
  ({ number, state, for_seconds: seconds, require: [], also_queues: [], prefer: [] })

function explanation(more: Partial<Explanation>): Explanation {
  return {
    work_item: {
      id: 1, conversation: 1, state: 'queued', queue: { id: 1, name: 'general' }, mode: 'ask', order_key: at(0), entered_at: at(0), queued_at: at(0),
      units: 30, priority: 0, step: 1, deferred_until: null,
    },
    rule_set: { version: 1 }, decision: null, plan: { steps: [], overflow: null }, log: [], offers: [], assignments: [], standing: null, position: null, words: {}, ...more,
  }
}

test('what was by time, what is, what is to come with when', () => {
  const stages = stagesOf(explanation({
    plan: { steps: [step(1, 'past', 15), step(2, 'current', 30), step(3, 'to_come', 60)], overflow: 'general' },
    offers: [{ id: 7, at: at(2), agent: { id: 3, name: 'Sara' }, state: 'declined', reason: 'busy', settled_at: at(9), words: {} }],
    log: [{ at: at(16), what: 'step', actor: 'hub', data: { step: 1 }, words: {} }, { at: at(20), what: 'priority', actor: 'user:1', data: { seconds: 300 }, words: {} }],
  }))
  assert.deepEqual(stages.map((stage) => [stage.key, stage.state, stage.at]), [
    ['s1', 'past', at(0)], ['o7', 'past', at(9)], ['s2', 'current', at(16)], ['l0', 'past', at(20)], ['s3', 'to_come', at(46)], ['overflow', 'to_come', at(106)],
  ])
})

test('a step without an end is the last, whatever its overflow', () => {
  const stages = stagesOf(explanation({ plan: { steps: [step(1, 'current', null)], overflow: 'general' } }))
  assert.deepEqual(stages.map((stage) => stage.key), ['s1'])
})
