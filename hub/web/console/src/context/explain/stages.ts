/** An explanation as one line of time: what was, what is, what will be. */
import type { Assignment, ExplainedOffer, Explanation, LogLine, PlanStep } from '../../api/routingTypes'

export type StageState = 'past' | 'current' | 'to_come'

export type Stage =
  | { kind: 'step'; key: string; at: string | null; state: StageState; step: PlanStep }
  | { kind: 'offer'; key: string; at: string; state: StageState; offer: ExplainedOffer }
  | { kind: 'given'; key: string; at: string; state: StageState; given: Assignment }
  | { kind: 'log'; key: string; at: string; state: StageState; line: LogLine }
  | { kind: 'overflow'; key: string; at: string | null; state: StageState; queue: string }

/** States in which it waits for somebody, and its plan goes on. */
export const WAITING = new Set(['queued', 'offered', 'deferred'])

/** When each step began or will begin: as the log says, else counted from the one before. */
export function stepTimes({ work_item: item, plan, log }: Explanation): (number | null)[] {
  const said = new Map(log.filter((line) => line.what === 'step').map((line) => [Number(line.data['step']), Date.parse(line.at)]))
  const times: (number | null)[] = []
  plan.steps.forEach((_, index) => {
    const before = times[index - 1]
    const lasted = plan.steps[index - 1]?.for_seconds
    const counted = index === 0 ? Date.parse(item.queued_at ?? item.entered_at) : before != null && lasted != null ? before + lasted * 1000 : null
    times.push(said.get(index) ?? counted)
  })
  return times
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

/** In order of time; what is to come follows, in the order of the plan. */
export function stagesOf(explanation: Explanation): Stage[] {
  const { plan, log, offers, work_item: item } = explanation
  const times = stepTimes(explanation)
  const steps = plan.steps.map((step, index): Stage => ({ kind: 'step', key: `s${step.number}`, at: iso(times[index] ?? null), state: step.state, step }))
  const asked = offers.map((offer): Stage => ({ kind: 'offer', key: `o${offer.id}`, at: offer.settled_at ?? offer.at, state: offer.state === 'pending' ? 'current' : 'past', offer }))
  const noted = log.filter((line) => line.what !== 'step').map((line, index): Stage => ({ kind: 'log', key: `l${index}`, at: line.at, state: 'past', line }))
  const given = explanation.assignments.map((one, index): Stage => ({ kind: 'given', key: `g${index}`, at: one.at, state: 'past', given: one }))
  const come = [...steps.filter((stage) => stage.state !== 'to_come'), ...asked, ...noted, ...given].sort((a, b) => time(a) - time(b))
  const later = WAITING.has(item.state) ? steps.filter((stage) => stage.state === 'to_come') : []
  const last = plan.steps.at(-1)
  const end = times.at(-1)
  const over: Stage[] = plan.overflow && last?.for_seconds != null && WAITING.has(item.state)
    ? [{ kind: 'overflow', key: 'overflow', at: iso(end == null ? null : end + last.for_seconds * 1000), state: 'to_come', queue: plan.overflow }] : []
  return [...come, ...later, ...over]
}

const time = (stage: Stage): number => (stage.at === null ? Infinity : Date.parse(stage.at))
