/** The frames of WS /chat/{channel}; their truth is GET /chat/schema.json. */

export interface FileRef {
  id?: string
  name: string
  type: string
  size: number
  url?: string
}

/** One message of the conversation; `in` is the visitor's own. */
export interface Entry {
  id: number
  direction: 'in' | 'out'
  text: string
  at: string
  name?: string
  client_id?: string
  files?: FileRef[]
}

export type Field = 'name' | 'email' | 'phone' | 'question'

/** What the channel says of itself. */
export interface About {
  title: string
  colour: string
  /** What reads best on it. */
  ink: string
  prechat: Field[]
  texts: Record<string, Record<string, string>>
  max_text: number
  max_file_bytes: number
}

/** Who the site says is logged in; `hash` is made by its server. */
export interface Identity {
  user_id: string
  hash: string
  email?: string
  name?: string
}

/** What there is to say of the wait; without a member: nothing any more. */
export interface Queue {
  type: 'queue'
  /** 1 is next; never rises. */
  position?: number
  low_seconds?: number
  high_seconds?: number
  closed?: boolean
  opens_at?: string | null
}

export type ServerFrame =
  | { type: 'hello'; visitor: string; entries: Entry[]; chat: About; more?: boolean }
  | { type: 'ack'; id: string; entry: number | null }
  | { type: 'message'; entry: Entry }
  | { type: 'receipt'; upto: number; state: 'delivered' | 'read' }
  | { type: 'typing'; name: string }
  | Queue
  | { type: 'code'; code: string }
  | {
      type: 'error'
      code: 'invalid' | 'refused' | 'rate_limited' | 'busy' | 'failed'
      field?: string
      reason?: string
      id?: string
      retry_after?: number
    }

/** A message of ours that the hub has not acknowledged. */
export interface Draft {
  id: string
  text: string
  at: string
  claims: Record<string, string>
  /** Uploaded. */
  files: FileRef[]
  /** Still to be uploaded; lost with the page. */
  blobs: File[]
  /** Why the hub will never take it. */
  refused?: string
}
