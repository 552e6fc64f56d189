import type { Recipients } from '../api/repliesTypes'
import type { Id } from '../api/types'
import { hub } from '../store/store'
import type { Route } from './routes'

/** The address that an answer by this route goes to first: what the chips begin with. */
export const firstTo = (conversation: Id, route: Route, to: string[] | null, chosen: Recipients | null): string =>
  (to ?? addressed(conversation, route, chosen)?.to.map((one) => one.uri) ?? [])[0] ?? route.option.to

/** To whom the hub would send an answer by this route: of the chosen mail, else of the last one. */
export function addressed(conversation: Id, route: Route, chosen: Recipients | null): Recipients | null {
  if (!route.option.capabilities.many_recipients || !route.first) return null
  return chosen ?? hub().details[conversation]?.recipients ?? null
}
