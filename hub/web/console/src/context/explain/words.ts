import type { PlanStep } from '../../api/routingTypes'
import type { I18n } from '../../i18n'
import { hub } from '../../store/store'

type TitleOf = (name: string) => string

/** What a step of a plan asks for, whether it is being walked or was only tried. */
export type StepAsked = Pick<PlanStep, 'require' | 'prefer' | 'also_queues' | 'for_seconds' | 'then_offer'>

/** What a step of a plan asks for, as short parts. */
export function stepParts(step: StepAsked, titleOf: TitleOf, { w, f }: I18n): string[] {
  const e = w.explain
  const skills = step.require.map((need) => e.skill(need.skill, f.number(need.min)))
  const parts = [skills.length ? e.needs(f.list(skills)) : e.anybody]
  const firsts = step.prefer.flatMap((one) => preferWords(one, e))
  if (firsts.length) parts.push(e.prefers(f.list(firsts)))
  if (step.also_queues.length) parts.push(e.also(f.list(step.also_queues.map(titleOf))))
  if (step.then_offer === 'callback' || step.then_offer === 'message') parts.push(e.thenOffer[step.then_offer])
  parts.push(step.for_seconds === null ? e.toTheEnd : e.lasts(secondsWords(step.for_seconds, { w, f })))
  return parts
}

function preferWords(one: Record<string, unknown>, e: I18n['w']['explain']): string[] {
  if (one['last_agent'] != null) return [e.lastAgent]
  if (typeof one['skill'] === 'string') return [e.preferSkill(one['skill'])]
  if (one['agent'] != null) return [e.preferAgent(agentName(one['agent']))]
  return []
}

function agentName(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'name' in value) return String(value.name)
  return typeof value === 'number' ? (hub().agents[value]?.name ?? '') : String(value)
}

/** A length of time, to the second where it is short. */
export function secondsWords(seconds: number, { w, f }: I18n): string {
  if (seconds < 60) return f.seconds(seconds)
  const { unit, count } = f.length(new Date(0), seconds * 1000)
  return w.length(unit, count, f.number(count))
}
