import { http } from './http'
import type { MoveBody, Moved, Recipients, WhyLine } from './repliesTypes'
import type { Id } from './types'

/** The doors to where an entry belongs; part of `api`. */
export const repliesCalls = {
  whyHere: (entry: Id) => http.get<{ lines: WhyLine[] }>(`/entries/${entry}/why`),
  recipients: (entry: Id) => http.get<Recipients>(`/entries/${entry}/recipients`),
  moveEntry: (entry: Id, body: MoveBody) => http.post<Moved>(`/entries/${entry}/move`, body),
  undoMove: (move: Id) => http.post<Moved>(`/moves/${move}/undo`),
}
