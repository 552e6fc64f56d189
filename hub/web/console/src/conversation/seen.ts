import { useEffect } from 'react'
import { api } from '../api/calls'
import type { Entry, Id } from '../api/types'
import { markSeen } from '../store/reduce'
import { hub, update } from '../store/store'

/** Up to which event each conversation has been before the eyes of the person at this screen. */
const looked = new Map<Id, number>()

export const lastLooked = (conversation: Id): number | null => looked.get(conversation) ?? null

/** Everything up to our newest event has been read here, or up to `seq` where that is newer. */
export function lookedAt(conversation: Id, seq = 0): void {
  looked.set(conversation, Math.max(seq, hub().seq, looked.get(conversation) ?? 0))
}

/** Long enough to notice: a message that appears while Send is being pressed was not read. */
const NOTICE_MS = 900

/**
 * While the conversation is in view, its newest entry counts as seen here. The hub is told only if it
 * is ours to answer (`ours`): a colleague's unread mark and the customer's "read" are not ours to set.
 */
export function useSeen(conversation: Id, entries: readonly Entry[], atEnd: boolean, ours: boolean): void {
  const newest = entries.findLast((entry) => entry.conversation === conversation)?.id
  useEffect(() => {
    if (newest === undefined || !atEnd) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = (): void => {
      clearTimeout(timer)
      if (document.visibilityState === 'hidden') return
      const first = !looked.has(conversation)
      timer = setTimeout(() => {
        lookedAt(conversation)
        if (!ours || !hub().conversations[conversation]?.unread) return
        update((state) => markSeen(state, conversation))
        api.seen(conversation, newest).catch(() => undefined)
      }, first ? 0 : NOTICE_MS)
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [conversation, newest, atEnd, ours])
}
