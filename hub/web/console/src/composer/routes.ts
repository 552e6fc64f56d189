import type { Id, ReplyOption } from '../api/types'
import type { Detail } from '../store/state'

/** One way to answer: a channel and an address of this person. */
export interface Route {
  key: string
  option: ReplyOption
  /** The hub's own choice, when nothing is said. */
  first: boolean
}

export function routesOf(detail: Detail | undefined): Route[] {
  return (detail?.channels ?? []).map((option, index) => ({
    key: `${option.channel.id} ${option.to}`, option, first: index === 0,
  }))
}

/** The chosen way, else that of the draft's channel, else the hub's own choice: where that is closed, the writer is told and chooses. */
export function chosenRoute(routes: Route[], key: string | null, draftChannel: Id | null): Route | null {
  return (
    routes.find((route) => route.key === key) ??
    routes.find((route) => route.option.channel.id === draftChannel && route.option.open) ??
    routes[0] ??
    null
  )
}
