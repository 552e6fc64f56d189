import type { Examined, Health, Recount, Trace } from './healthTypes'
import { http } from './http'

/** The doors of health and trace; part of `api`. */
export const healthCalls = {
  health: () => http.get<Health>('/health'),
  recount: () => http.get<Recount>('/ledger/recount'),
  doctor: () => http.post<Examined>('/doctor'),
  trace: (what: string) => http.post<Trace>('/trace', { what }),
}
