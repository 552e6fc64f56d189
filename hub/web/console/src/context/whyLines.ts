import type { Decision, NearMiss, WhyMe } from '../api/types'
import type { I18n } from '../i18n'
import { headStart } from '../promises/headStart'

type KeptOut = keyof I18n['w']['why']['keptOut']

const isKey = <T extends object>(table: T, key: string | undefined): key is Extract<keyof T, string> => key !== undefined && key in table

/** Why a message went to its queue, or to nobody, as short sentences. */
export function whyHere(decision: Decision, queueTitle: (name: string) => string, { w, f }: I18n): string[] {
  const { rule, queue, priority = 0, hit = [], tags = [] } = decision
  const { reason, notes = [] } = (f.language === 'fa' && decision.fa) || decision
  const others = hit.filter((name) => name !== rule)
  const lines = [queue === null ? w.why.filed(rule, reason) : w.why.sent(rule, queueTitle(queue))]
  if (queue !== null && reason) lines.push(reason)
  if (priority) lines.push(headStart(priority, { w, f }))
  if (others.length) lines.push(w.why.also(f.list(others)))
  if (tags.length) lines.push(w.why.tags(f.list(tags)))
  for (const note of notes) lines.push(w.why.note(note))
  return lines
}

/** The rules before the deciding one, and what of each did not hold. */
export function nearMisses(decision: { near?: NearMiss[] }, { w }: I18n): string[] {
  return (decision.near ?? []).map((miss) => w.why.near(miss.rule, part(miss)))
}

function part(miss: NearMiss): string {
  const want = Array.isArray(miss.want) ? miss.want.join(', ') : String(miss.want ?? '')
  return `${miss.field} ${miss.op} ${want}`.trim()
}

/** Why this agent and no other. */
export function whyMe(why: WhyMe, { w, f }: I18n): string[] {
  const lines: string[] = []
  const candidates = why.candidates ?? 0
  if (why.how === 'owner') return [w.why.me.owner]
  if (why.preferred) lines.push(w.why.me.preferred)
  else if (candidates === 1) lines.push(w.why.me.only)
  else if (candidates > 1) lines.push(w.why.me.idle(f.number(candidates)))
  if (why.cleared) lines.push(w.why.me.cleared)
  if (isKey(w.why.how, why.how)) lines.push(w.why.how[why.how])
  return lines
}

/** Why an item still waits. */
export function whyWaiting(why: WhyMe, { w, f }: I18n): string[] {
  const keptOut = Object.entries(why.kept_out ?? {}).filter(([, count]) => count > 0)
  if (!why.candidates && why.kept_out && keptOut.length === 0) return [w.why.nobody]
  return keptOut.flatMap(([reason, count]) =>
    isKey(w.why.keptOut, reason) ? w.why.keptOut[reason satisfies KeptOut](count, f.number(count)) : [])
}
