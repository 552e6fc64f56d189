import { accessCalls } from './accessCalls'
import { http } from './http'
import { healthCalls } from './healthCalls'
import { nightsCalls } from './nightsCalls'
import { personCalls } from './personCalls'
import { outreachCalls } from './outreachCalls'
import { repliesCalls } from './repliesCalls'
import { routingCalls } from './routingCalls'
import type {
  Channel, ComposerMode, Contact, Conversation, ConversationDetail, Entry, Explained, FieldProblem,
  FullEntry, Id, Ledger, LedgerState, Me, Page, Presence, RawEvent, Rules, Settings, Snapshot,
} from './types'

export interface ReplyBody {
  text: string
  html?: string
  channel?: Id
  to?: string[]
  cc?: string[]
  files?: Id[]
  answers?: Id
  client_key: string
  seen_seq?: number
}

export interface NoteBody {
  text: string
  client_key: string
}

export interface LinkInfo {
  email: string
  name: string
  needs_password: boolean
  needs_code: boolean
}

export interface SignedIn {
  me: Me
  csrf: string
}

const conversation = (id: Id, verb = ''): string => `/conversations/${id}${verb && `/${verb}`}`

/** Every door of the hub that the console uses, one line each. */
export const api = {
  me: () => http.get<Me>('/me'),
  snapshot: () => http.get<Snapshot>('/snapshot'),
  signIn: (email: string, password: string, code?: string) => http.post<SignedIn>('/sign-in', { email, password, code }),
  signOut: () => http.post('/sign-out'),
  link: (token: string) => http.get<LinkInfo>(`/links/${encodeURIComponent(token)}`),
  useLink: (token: string, body: { password?: string; name?: string; code?: string }) =>
    http.post<SignedIn>(`/links/${encodeURIComponent(token)}`, body),
  saveMe: (body: { name?: string; settings?: Settings; password?: string }) =>
    http.patch<Me>('/me', body),
  presence: (presence: Presence, reason?: string) =>
    http.put<Me>('/me/presence', reason ? { presence, reason } : { presence }),

  conversations: (query: { view: string; queue?: string | number; status?: string; cursor?: string; contact?: Id }) =>
    http.get<Page<Conversation>>('/conversations', query),
  conversation: (id: Id) => http.get<ConversationDetail>(conversation(id)),
  reply: (id: Id, body: ReplyBody) => http.post<Entry>(conversation(id, 'reply'), body),
  note: (id: Id, body: NoteBody) => http.post<Entry>(conversation(id, 'note'), body),
  transfer: (id: Id, body: { queue?: Id; agent?: Id; note?: string }) =>
    http.post<Conversation>(conversation(id, 'transfer'), body),
  resolve: (id: Id) => http.post<Conversation>(conversation(id, 'resolve')),
  reopen: (id: Id) => http.post<Conversation>(conversation(id, 'reopen')),
  snooze: (id: Id, until: string) => http.post<Conversation>(conversation(id, 'snooze'), { until }),
  take: (id: Id) => http.post<Conversation>(conversation(id, 'take')),
  spam: (id: Id) => http.post<Conversation>(conversation(id, 'spam')),
  draft: (id: Id, body: { text: string; mode: ComposerMode; channel: Id | null }) =>
    http.put(conversation(id, 'draft'), body),
  seen: (id: Id, entry: Id) => http.post(conversation(id, 'seen'), { entry }),
  typing: (id: Id) => http.post(conversation(id, 'typing')),
  explain: (id: Id) => http.get<Explained>(conversation(id, 'explain')),

  contact: (id: Id) => http.get<Contact>(`/contacts/${id}`),
  findContacts: (query: { q?: string; identity?: string; limit?: number }) =>
    http.get<Page<Contact>>('/contacts', query),
  rename: (id: Id, name: string) => http.patch<Contact>(`/contacts/${id}`, { name }),
  timeline: (id: Id, cursor?: string) =>
    http.get<Page<Entry>>(`/contacts/${id}/timeline`, { cursor, limit: 60 }),

  entry: (id: Id) => http.get<FullEntry>(`/entries/${id}`),
  retry: (id: Id) => http.post(`/entries/${id}/retry`),

  accept: (id: Id) => http.post(`/offers/${id}/accept`),
  decline: (id: Id, reason: string, words?: string) =>
    http.post(`/offers/${id}/decline`, words ? { reason, words } : { reason }),

  channels: () => http.get<Page<Channel>>('/channels'),
  checkChannel: (id: Id) => http.post<{ ok: boolean; words: string }>(`/channels/${id}/check`),
  ledger: () => http.get<Ledger>('/ledger'),
  rawEvents: (query: { channel?: string; state?: string; cursor?: string }) =>
    http.get<Page<RawEvent>>('/raw-events', query),
  replay: (id: Id) => http.post<{ states: LedgerState[] }>(`/raw-events/${id}/replay`),
  rules: () => http.get<Rules>('/rules'),
  ruleVersions: (cursor?: string) => http.get<Page<Rules>>('/rules/versions', { cursor }),
  validateRules: (body: string) =>
    http.post<{ valid: boolean; errors: FieldProblem[] }>('/rules/validate', { body }),
  ...repliesCalls,
  ...nightsCalls,
  ...routingCalls,
  ...accessCalls,
  ...outreachCalls,
  ...personCalls,
  ...healthCalls,
}
