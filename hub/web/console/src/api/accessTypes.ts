import type { Id, Role, Time } from './types'

/** How people sign in here; asked before anybody has. */
export interface WaysIn {
  hub: string
  language: string
  passwords: boolean
  resets: boolean
  provider: { name: string; url: string } | null
}

export interface SessionInfo {
  id: Id
  this: boolean
  created_at: Time
  seen_at: Time
  expires_at: Time
  user_agent: string
  address: string
  how: 'password' | 'link' | 'oidc'
}

export interface Security {
  has_password: boolean
  second_factor: boolean
  recovery_codes: number
  provider: boolean
  sessions: SessionInfo[]
}

export interface Enrolment {
  secret: string
  uri: string
  /** An SVG as a data: URL. */
  picture: string
}

export interface User {
  id: Id
  email: string
  name: string
  role: Role
  active: boolean
  has_password: boolean
  second_factor: boolean
  provider: boolean
  locked_until: Time | null
  invited_at: Time | null
  signed_in_at: Time | null
  sessions: number
  agent: Id | null
  queues: string[]
  skills: Record<string, number>
  limits: Record<string, number>
  created_at: Time | null
}

export interface UserChanges {
  name?: string
  role?: Role
  active?: boolean
  queues?: string[]
  hand_to?: string
  back_to_queue?: boolean
}

export interface MadeLink {
  url: string
  sent_by: string | null
  not_sent: string
}

export interface AuditLine {
  id: Id
  at: Time
  actor: string
  actor_name: string
  action: string
  subject: string
  subject_name: string
  data: Record<string, unknown>
}

export interface AuditFilter {
  actor?: string
  action?: string
  subject?: string
  since?: string
  until?: string
}
