import { api } from '../api/calls'
import type { Wrapping } from '../api/routingTypes'
import type { Id } from '../api/types'
import { update, useHub } from '../store/store'

const none: readonly Wrapping[] = []

/** What I am still wrapping up. */
export function useWrapping(): readonly Wrapping[] {
  return useHub((state) => state.me?.agent?.wrapping ?? none)
}

/** My own state anew: a turn of mine has ended, and its queue may leave time to wrap up. */
export async function lookAgain(): Promise<void> {
  const me = await api.me().catch(() => null)
  if (me) update((state) => ({ ...state, me }))
}

/** Off my list, at once. */
export function wrapped(workItem: Id): void {
  update((state) => {
    const mine = state.me?.agent
    if (!state.me || !mine) return state
    const wrapping = (mine.wrapping ?? none).filter((item) => item.work_item !== workItem)
    return { ...state, me: { ...state.me, agent: { ...mine, wrapping } } }
  })
}
