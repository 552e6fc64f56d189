import type { Deadline, DeadlineKind } from '../api/routingTypes'
import type { Conversation } from '../api/types'
import type { I18n } from '../i18n'

/** Green, amber, red; `still` while the clock does not run. */
export type Tone = 'good' | 'warn' | 'bad' | 'still'

export interface Due {
  kind: DeadlineKind
  at: string | null
  tone: Tone
  late: boolean
  calendar: string
}

const NEAR_MS = 60 * 60_000
const MINUTE_MS = 60_000
/** Shares of the time that are left where the colour changes. */
const HALF = 0.5
const LITTLE = 0.2

function toneOf(start: number, due: number, now: number, warned: boolean): Tone {
  const left = (due - now) / Math.max(1, due - start)
  if (left > HALF) return 'good'
  return left > LITTLE && !warned ? 'warn' : 'bad'
}

export function dueOf(deadline: Deadline, now: number): Due {
  const { kind, due_at: at, calendar } = deadline
  if (deadline.state === 'paused' || at === null) return { kind, at: null, tone: 'still', late: false, calendar }
  const due = Date.parse(at)
  const late = deadline.breached || due <= now // the hub's clock is the finer one
  return { kind, at, tone: late ? 'bad' : toneOf(Date.parse(deadline.started_at), due, now, deadline.warned), late, calendar }
}

/** All promises that are open, the nearest first, those that stand still last. */
export function duesOf(deadlines: readonly Deadline[] | undefined, now: number): Due[] {
  const open = (deadlines ?? []).filter((item) => item.state === 'running' || item.state === 'paused')
  return open.map((item) => dueOf(item, now)).sort((a, b) => when(a) - when(b))
}

const when = (due: Due): number => (due.at === null ? Infinity : Date.parse(due.at))

/** The one that a row shows: the nearest that runs, else when somebody should have the item. */
export function nextDue(conversation: Conversation, now: number): Due | null {
  const nearest = duesOf(conversation.deadlines, now).find((due) => due.at !== null)
  if (nearest) return nearest
  const { work_item: item, waiting_since: since, agent } = conversation
  if (!item?.target_at || agent !== null || since === null) return null
  const due = Date.parse(item.target_at)
  return { kind: 'answer', at: item.target_at, tone: toneOf(Date.parse(since), due, now, false), late: due <= now, calendar: '' }
}

/** "Answer by Saturday 10:00" while far, "within 12 min" when near, "5 min late" after it. */
export function dueWords(due: Due, now: number, { w, f }: I18n): string {
  if (due.at === null) return w.due.paused(due.kind)
  const at = Date.parse(due.at)
  const gap = due.late ? Math.max(0, now - at) : Math.max(MINUTE_MS, Math.round((at - now) / MINUTE_MS) * MINUTE_MS)
  const { unit, count } = f.length(new Date(0), gap)
  const length = w.length(unit, count, f.number(count))
  if (due.late) return w.due.late(due.kind, length)
  return at - now < NEAR_MS ? w.due.within(due.kind, length) : w.due.by(due.kind, f.moment(due.at, now))
}
