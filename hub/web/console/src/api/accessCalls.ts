import type {
  AuditFilter, AuditLine, Enrolment, MadeLink, Security, SessionInfo, User, UserChanges, WaysIn,
} from './accessTypes'
import { apiUrl, http } from './http'
import type { Id, Page, Role } from './types'

const factor = '/me/second-factor'

/** The doors of people and access; part of `api`. */
export const accessCalls = {
  waysIn: () => http.get<WaysIn>('/sign-in'),
  forgotten: (email: string) => http.post('/password-reset', { email }),

  security: () => http.get<Security>('/me/security'),
  setPassword: (password: string, current: string | null) => http.patch('/me', { password, current }),
  beginFactor: (current: string | null) => http.post<Enrolment>(factor, { current }),
  confirmFactor: (code: string) => http.post<{ codes: string[] }>(`${factor}/confirm`, { code }),
  newCodes: (current: string | null) => http.post<{ codes: string[] }>(`${factor}/codes`, { current }),
  removeFactor: (current: string | null) => http.post<Security>(`${factor}/remove`, { current }),
  endSession: (id: Id) => http.delete(`/me/sessions/${id}`),
  signOutElsewhere: () => http.post('/me/sign-out-everywhere'),

  users: (cursor?: string) => http.get<Page<User>>('/users', { cursor, limit: 200 }),
  addUser: (body: { email: string; name: string; role: Role; queues: string[] }) => http.post<User>('/users', body),
  changeUser: (id: Id, body: UserChanges) => http.patch<User>(`/users/${id}`, body),
  makeLink: (id: Id, body: { send: boolean; kind: 'invitation' | 'reset' }) => http.post<MadeLink>(`/users/${id}/link`, body),
  unlockUser: (id: Id) => http.post<User>(`/users/${id}/unlock`),
  sessionsOf: (id: Id) => http.get<{ items: SessionInfo[] }>(`/users/${id}/sessions`, { limit: 1000 }),
  signOutUser: (id: Id) => http.delete<User>(`/users/${id}/sessions`),
  removeFactorOf: (id: Id) => http.delete<User>(`/users/${id}/second-factor`),

  audit: (filter: AuditFilter, cursor?: string) => http.get<Page<AuditLine>>('/audit', { ...filter, cursor, limit: 100 }),
  auditActions: () => http.get<{ items: string[] }>('/audit/actions', { limit: 1000 }),
  auditFile: (filter: AuditFilter, format: 'csv' | 'jsonl') => apiUrl('/audit/export', { ...filter, format }),
}
