/** What the routing engine says of itself: deadlines, explanations, the board, rules and calendars. */
import type { Id, NearMiss, Presence, Ref, Time } from './types'

export type DeadlineKind = 'answer' | 'first_reply' | 'next_reply' | 'resolution'

/** A promise that still runs; the hub counts in business time, `due_at` is the moment itself. */
export interface Deadline {
  kind: DeadlineKind
  state: 'running' | 'paused' | 'met' | 'cancelled'
  started_at: Time
  /** null while paused, or where the calendar never opens again. */
  due_at: Time | null
  warned: boolean
  breached: boolean
  calendar: string
}

/** Time after a conversation that still belongs to it. */
export interface Wrapping {
  work_item: Id
  conversation: Id
  until: Time
}

/** The same sentences in both languages. */
export type ByLanguage<T> = Partial<Record<string, T>>

export interface Candidate {
  agent: Ref
  cost: number | null
  terms: Record<string, number>
  idle_since: Time | null
}

export interface Standing {
  candidates: number
  top: Candidate[]
  kept_out: Record<string, number>
}

export interface PlanStep {
  /** From 1. */
  number: number
  require: { skill: string; min: number }[]
  also_queues: string[]
  prefer: Record<string, unknown>[]
  for_seconds: number | null
  then_offer?: string
  state: 'past' | 'current' | 'to_come'
}

export interface LogLine {
  at: Time
  what: string
  /** The name of who did it. */
  actor: string
  data: Record<string, unknown>
  words: ByLanguage<string>
}

export interface ExplainedOffer extends Partial<Standing> {
  id: Id
  at: Time
  agent: Ref
  state: string
  reason: string
  settled_at: Time | null
  /** What became of it, then why this agent. */
  words: ByLanguage<string[]>
}

/** Somebody got it. */
export interface Assignment extends Partial<Standing> {
  at: Time
  agent: Ref
  how: string
  words: ByLanguage<string[]>
}

export interface ExplainedDecision {
  rule: string
  queue: string | null
  reason: string
  hit: string[]
  near: NearMiss[]
  notes: string[]
}

export interface Sentences {
  here: string[]
  me: string[]
  waiting: string[]
}

/** GET /work-items/{id}/explain */
export interface Explanation {
  work_item: {
    id: Id
    conversation: Id
    state: string
    queue: Ref
    mode: string
    order_key: Time
    entered_at: Time
    queued_at: Time | null
    units: number
    /** Seconds of head start. */
    priority: number
    /** From 1. */
    step: number
    deferred_until: Time | null
  }
  rule_set: { version: number }
  decision: ExplainedDecision | null
  plan: { steps: PlanStep[]; overflow: string | null }
  log: LogLine[]
  offers: ExplainedOffer[]
  assignments: Assignment[]
  standing: Standing | null
  position: number | null
  words: ByLanguage<Sentences>
}

export type AgentState = 'available' | 'busy' | 'full' | 'wrapping' | 'offered' | 'away' | 'offline'

export interface BoardQueue {
  id: Id
  name: string
  title: Record<string, string>
  waiting: number
  oldest_at: Time | null
  longest_wait_seconds: number
  target_seconds: number | null
  service_level: { value: number | null; answered_in_target: number; offered: number }
  abandoned: number
  asa_seconds: number | null
  agents: Record<AgentState, number>
}

export interface BoardItem {
  work_item: Id
  conversation: Id
  state: string
  kind: string
}

export interface BoardAgent {
  id: Id
  name: string
  state: AgentState
  presence: Presence
  reason: string
  since: Time
  used: number
  capacity: number
  items: BoardItem[]
  queues: Id[]
}

export interface Board {
  at: Time
  queues: BoardQueue[]
  agents: BoardAgent[]
}

export interface StateLogLine {
  at: Time
  presence: Presence
  reason: string
  actor: string
}

export interface RuleField {
  name: string
  kind: string
  words: Record<string, string>
  choices?: string[] | null
}

/** GET /rules/schema: what can stand in a rule. */
export interface RuleSchema {
  fields: RuleField[]
  operators: Record<string, string[]>
  queues: string[]
  skills: string[]
  channels: string[]
  templates: string[]
  calendars: string[]
  policies: string[]
  agents: string[]
}

export interface Trial {
  body?: string
  channel: string
  from: string
  text: string
  subject?: string
}

/** A step of a plan as a decision holds it: names instead of numbers. */
export interface TrialStep {
  require?: { skill: string; min: number }[]
  prefer?: Record<string, unknown>[]
  also_queues?: string[]
  then_offer?: string
  /** Seconds. */
  for?: number | null
}

export interface TrialDecision {
  overflow?: string
  rule: string
  queue: string | null
  reason: string
  hit?: string[]
  near?: NearMiss[]
  notes?: string[]
  tags?: string[]
  priority?: number
  sla?: unknown
}

export interface TrialResult {
  decision: TrialDecision
  queue: string | null
  plan: TrialStep[]
  words: ByLanguage<string[]>
  notes: string[]
  context: Record<string, unknown>
}

export interface DryRunItem {
  conversation: Id
  contact: Ref
  entry: Id
  at: Time
  channel: string
  old_queue: string | null
  new_queue: string | null
  old_rule: string
  new_rule: string
}

export interface DryRun {
  version: number
  days: number
  total: number
  same: number
  changed: number
  /** A rule asks for a field that was not kept then. */
  undecided: number
  /** There was more; only the newest were looked at. */
  cut: boolean
  moves: { from: string | null; to: string | null; count: number }[]
  unknown: { field: string; count: number }[]
  items: DryRunItem[]
}

export interface CalendarDay {
  day: string
  name: string
  closed: boolean
  /** 09:00-17:00; an end before its start is on the next day. */
  intervals: string[]
  source: 'week' | 'holiday' | 'feed' | 'exception' | 'today'
}

/** Closed by somebody's word. */
export interface Closure {
  starts_at: Time
  ends_at: Time
  reason: string
  by: string
}

export interface Calendar {
  name: string
  zone: string
  open_now: boolean
  next_change_at: Time | null
  /** mon .. sun -> intervals. */
  week: Record<string, string[]>
  /** Today, in its zone, and what comes. */
  days: CalendarDay[]
  feeds?: { url: string; fetched_at: Time | null; error: string }[]
  closures?: Closure[]
}
