import { http } from './http'
import type { Consent, ConsentBody, Filled, StartBody, Started, Template, Templates, TemplateText, Ways } from './outreachTypes'
import type { Id, Identity } from './types'

const template = (name: string, verb = ''): string => `/templates/${encodeURIComponent(name)}${verb && `/${verb}`}`
const identity = (id: Id, verb: string): string => `/identities/${id}/${verb}`

/** Writing first, canned replies, consent. */
export const outreachCalls = {
  ways: (query: { contact?: Id; to?: string }) => http.get<Ways>('/ways', query),
  start: (body: StartBody) => http.post<Started>('/conversations', body),

  templates: () => http.get<Templates>('/templates', { limit: 1000 }),
  saveTemplate: (name: string, body: { texts: Record<string, TemplateText>; canned: boolean }) => http.put<Template>(template(name), body),
  removeTemplate: (name: string) => http.delete(template(name)),
  fillTemplate: (name: string, body: { conversation: Id; channel?: Id; language?: string }) => http.post<Filled>(template(name, 'fill'), body),
  lookAtHtml: (html: string) => http.post<{ html: string }>('/templates/look', { html }),

  consents: (contact: Id) => http.get<{ items: Consent[] }>(`/contacts/${contact}/consents`, { limit: 1000 }),
  sayConsent: (id: Id, body: ConsentBody) => http.post<Identity>(identity(id, 'consent'), body),
  block: (id: Id) => http.post<Identity>(identity(id, 'block')),
  unblock: (id: Id) => http.post<Identity>(identity(id, 'unblock')),
}
