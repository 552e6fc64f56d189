import { useMemo } from 'react'
import { api } from '../api/calls'
import type { Conversation, Id } from '../api/types'
import { useI18n } from '../i18n'
import { showDone, showProblem } from '../lib/problem'
import { addConversations } from '../store/reduce'
import { can, serves } from '../store/select'
import { update, useHub } from '../store/store'
import { lookAgain } from '../wrap/wrapping'

/** What may be done with this conversation now, and doing it. */
export interface Actions {
  canWork: boolean
  /** Nobody's or mine; a colleague's takes the permission to move. */
  canMove: boolean
  mine: boolean
  canTake: boolean
  closed: boolean
  take: () => void
  resolve: () => void
  reopen: () => void
  spam: () => void
  snooze: (until: Date) => void
  /** Seconds of head start in line; null where nothing is in line, or it is not mine to say. */
  prioritise: ((seconds: number) => void) | null
  transfer: (target: { queue?: Id; agent?: Id }, name: string, note: string) => Promise<boolean>
}

export function useActions(conversation: Conversation | undefined): Actions | null {
  const { w, f } = useI18n()
  const me = useHub((state) => state.me)
  const serving = useHub((state) => !conversation?.queue || can(state.me, 'move') || serves(state, conversation.queue.id))
  return useMemo(() => {
    if (!conversation || !me) return null
    const { id } = conversation
    const item = conversation.work_item?.id
    const mine = me.agent !== null && conversation.agent?.id === me.agent.id
    const closed = conversation.status === 'resolved' || conversation.status === 'spam'
    async function run(act: () => Promise<Conversation>, done?: string, undo?: () => void): Promise<boolean> {
      try {
        const fresh = await act()
        update((state) => addConversations(state, [fresh]))
        if (done) showDone(done, undo && { label: w.conversation.undo, run: undo })
        return true
      } catch (error) {
        showProblem(error, w)
        return false
      }
    }
    const spam = conversation.status === 'spam'
    const reopen = (): void => void run(() => api.reopen(id), spam ? w.consent.undone : undefined).then(() => lookAgain())
    return {
      canWork: can(me, 'work'),
      canMove: can(me, 'work') && (mine || conversation.agent === null || can(me, 'move')),
      mine,
      closed,
      canTake: can(me, 'work') && me.agent !== null && serving && !mine && !closed && conversation.agent === null,
      take: () => void run(() => api.take(id), w.conversation.taken),
      resolve: () => void run(() => api.resolve(id), w.conversation.resolved, reopen).then(() => (mine ? lookAgain() : undefined)),
      reopen,
      spam: () => void run(() => api.spam(id), w.conversation.marked, reopen),
      snooze: (until) => void run(() => api.snooze(id, until.toISOString()), w.conversation.snoozed(f.dayTime(until))),
      prioritise: item && can(me, 'move') ? (seconds) => void run(() => api.priority(item, seconds), w.priority.done) : null,
      transfer: (target, name, note) =>
        run(() => api.transfer(id, note ? { ...target, note } : target), w.conversation.transferred(name)),
    }
  }, [conversation, me, serving, w, f])
}
