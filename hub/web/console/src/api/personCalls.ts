import { http } from './http'
import type { Hit } from './personTypes'
import type { Contact, Id } from './types'

const claim = (id: Id, verb: string): string => `/claims/${id}/${verb}`

/** The doors of who is who; part of `api`. */
export const personCalls = {
  find: (q: string, limit = 8) => http.get<{ items: Hit[] }>('/find', { q, limit }),
  samePerson: (id: Id, contact: Id, evidence: string) => http.post<Contact>(`/contacts/${id}/same`, { contact, evidence }),
  part: (id: Id) => http.post<Contact>(`/contacts/${id}/part`),
  sendCode: (id: Id) => http.post<{ channel: string; title: string; valid_seconds: number }>(claim(id, 'code')),
  proveClaim: (id: Id, code: string) => http.post<Contact>(claim(id, 'prove'), { code }),
  confirmClaim: (id: Id, evidence: string) => http.post<Contact>(claim(id, 'confirm'), { evidence }),
}
