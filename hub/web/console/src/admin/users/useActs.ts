import { useState } from 'react'
import type { MadeLink, User, UserChanges } from '../../api/accessTypes'
import { api } from '../../api/calls'
import { useI18n } from '../../i18n'
import { showDone, showProblem } from '../../lib/problem'

/** `shown`: a link that somebody else made. */
export type Act = 'edit' | 'invite' | 'reset' | 'link' | 'unlock' | 'signOut' | 'factor' | 'leave' | 'on' | 'shown'

export interface ActDialog {
  user: User
  act: Act
  link?: MadeLink
  changes?: UserChanges
}

export interface Acts {
  act: (user: User, act: Act, link?: MadeLink, changes?: UserChanges) => void
  dialog: ActDialog | null
  close: () => void
}

/** What an admin does to somebody: at once, or by a dialog that is open then. */
export function useActs(onDone: () => void): Acts {
  const { w } = useI18n()
  const [dialog, setDialog] = useState<ActDialog | null>(null)

  async function link(user: User, kind: 'invitation' | 'reset', send: boolean): Promise<void> {
    const made = await api.makeLink(user.id, { send, kind })
    if (made.sent_by) showDone(w.users.sent(user.name, made.sent_by))
    else setDialog({ user, act: 'link', link: made })
  }

  /** Whoever went serves no queue any more: which ones, is asked at once. */
  async function switchOn(user: User): Promise<void> {
    const back = await api.changeUser(user.id, { active: true })
    showDone(w.users.switchedOn(user.name))
    if (back.agent !== null && back.queues.length === 0) setDialog({ user: back, act: 'edit' })
  }

  async function run(user: User, act: Act): Promise<void> {
    const { users } = w
    if (act === 'invite') await link(user, 'invitation', true)
    else if (act === 'reset') await link(user, 'reset', true)
    else if (act === 'link') await link(user, 'reset', false)
    else if (act === 'unlock') await api.unlockUser(user.id).then(() => showDone(users.unlocked))
    else if (act === 'signOut') await api.signOutUser(user.id).then(() => showDone(users.signedOut))
    else if (act === 'factor') await api.removeFactorOf(user.id).then(() => showDone(users.factorGone))
    else if (act === 'on') await switchOn(user)
    onDone()
  }

  function act(user: User, wanted: Act, made?: MadeLink, changes?: UserChanges): void {
    if (made) setDialog({ user, act: 'shown', link: made })
    else if (wanted === 'edit' || wanted === 'leave') setDialog(changes ? { user, act: wanted, changes } : { user, act: wanted })
    else run(user, wanted).catch((error: unknown) => showProblem(error, w))
  }

  return { act, dialog, close: () => setDialog(null) }
}
