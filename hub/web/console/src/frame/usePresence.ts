import { api } from '../api/calls'
import type { Presence } from '../api/types'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { update } from '../store/store'

/** Come, go or be away, with why. */
export function usePresence(): (presence: Presence, reason?: string) => void {
  const { w } = useI18n()
  return (presence, reason) => {
    api.presence(presence, reason).then(
      (me) => update((state) => ({ ...state, me })),
      (error: unknown) => showProblem(error, w),
    )
  }
}
