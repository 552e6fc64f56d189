import { http } from './http'
import type { Hold, Retention } from './nightsTypes'

/** The doors of a hub's nights; part of `api`. */
export const nightsCalls = {
  hold: () => http.get<Hold>('/hold'),
  retention: () => http.get<Retention>('/retention'),
}
