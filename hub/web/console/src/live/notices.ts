import type { DeadlineKind } from '../api/routingTypes'
import type { Id, Presence } from '../api/types'
import type { I18n } from '../i18n'
import { showNotice } from '../lib/problem'
import { go, paths } from '../lib/router'
import { dueWords } from '../promises/due'
import { can } from '../store/select'
import type { HubState } from '../store/state'
import { nameOf } from '../ui/useName'
import { announce } from './effects'

interface Promised {
  conversation: Id
  kind: DeadlineKind
  due_at: string | null
  /** `agent`, `supervisors`. */
  notify: string[]
}

interface Forced {
  presence: Presence
  reason: string
  by: string
}

/** What is said once and calmly: a promise that is nearly or no longer kept, a state that somebody set for me. */
export function notice(kind: string, data: object, state: HubState, i18n: I18n): void {
  if (kind === 'agent.forced') onForced(data as Forced, i18n)
  else onPromise(data as Promised, state, i18n)
}

function onForced({ presence, reason, by }: Forced, { w }: I18n): void {
  const text = w.board.forcedYou(by, w.presence[presence], reason)
  announce(text)
  showNotice(text)
}

function onPromise({ conversation: id, kind, due_at: at, notify }: Promised, state: HubState, i18n: I18n): void {
  const conversation = state.conversations[id]
  if (!conversation || at === null) return
  const mine = conversation.agent !== null && conversation.agent.id === state.me?.agent?.id
  const meant = (mine && notify.includes('agent')) || (can(state.me, 'move') && notify.includes('supervisors'))
  if (!meant) return
  const now = Date.now()
  const due = dueWords({ kind, at, tone: 'bad', late: Date.parse(at) <= now, calendar: '' }, now, i18n)
  const { w } = i18n
  showNotice(`${nameOf(conversation.contact.name, w)}${w.between}${due}`, { label: w.board.open, run: () => go(paths.conversation(id)) })
}
