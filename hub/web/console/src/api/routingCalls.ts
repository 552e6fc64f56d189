import { http } from './http'
import type {
  Board, Calendar, DryRun, Explanation, RuleSchema, StateLogLine, Trial, TrialResult,
} from './routingTypes'
import type { Agent, Conversation, Id, Page, Presence, Rules } from './types'

const item = (id: Id, verb: string): string => `/work-items/${id}/${verb}`
const closed = (name: string): string => `/calendars/${encodeURIComponent(name)}/closed`

/** The doors of the routing engine; part of `api`. */
export const routingCalls = {
  explainItem: (id: Id) => http.get<Explanation>(item(id, 'explain')),
  done: (id: Id) => http.post<Conversation>(item(id, 'done')),
  takeItem: (id: Id) => http.post<Conversation>(item(id, 'take')),
  moveItem: (id: Id, queue: Id) => http.post<Conversation>(item(id, 'move'), { queue }),
  priority: (id: Id, seconds: number) => http.post<Conversation>(item(id, 'priority'), { seconds }),

  board: () => http.get<Board>('/board'),
  forcePresence: (agent: Id, presence: Presence, reason: string) =>
    http.put<Agent>(`/agents/${agent}/presence`, { presence, reason }),
  agentLog: (agent: Id, since: string) =>
    http.get<Page<StateLogLine>>(`/agents/${agent}/log`, { since }),

  ruleSchema: () => http.get<RuleSchema>('/rules/schema'),
  ruleVersion: (version: number) => http.get<Rules>(`/rules/versions/${version}`),
  tryRules: (trial: Trial) => http.post<TrialResult>('/rules/try', trial),
  dryRun: (body: string, days: number) => http.post<DryRun>('/rules/dry-run', { body, days }),
  publishRules: (body: string, note: string, base: number) =>
    http.post<Rules>('/rules/publish', { body, note, base }),
  rollBack: (version: number, note: string) =>
    http.post<Rules>(`/rules/versions/${version}/publish`, { note }),

  calendars: () => http.get<{ items: Calendar[] }>('/calendars', { limit: 1000 }),
  closeCalendar: (name: string, body: { from: string; until?: string; reason: string }) =>
    http.post<{ recomputed: number }>(closed(name), body),
  openCalendar: (name: string) => http.delete<{ recomputed: number }>(closed(name)),
}
