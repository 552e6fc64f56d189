import { create } from 'zustand'
import type { Conversation, Entry, Frame, Id, Offer } from '../api/types'
import { prefs } from '../lib/prefs'
import { go, parseRoute, paths } from '../lib/router'
import type { HubState } from '../store/state'
import type { I18n } from '../i18n'
import { nameOf } from '../ui/useName'
import { isNotice } from '../store/reduce'
import { notice } from './notices'
import { play } from './sound'

/** What a screen reader should say next; polite. */
export const useAnnouncement = create<{ text: string }>(() => ({ text: '' }))

export const announce = (text: string): void => useAnnouncement.setState({ text })

let spoken: I18n | null = null

/** The catalogue for notifications, which are made outside of React. */
export function speak(i18n: I18n): void {
  spoken = i18n
}

function openConversation(): Id | null {
  const route = parseRoute(location.pathname)
  return route.page === 'inbox' ? route.conversation : null
}

/** Sounds, announcements and notifications for what has just come in. */
export function noticed(frames: readonly Frame[], before: HubState, after: HubState): void {
  for (const frame of frames) {
    if (frame.type !== 'event' || frame.seq <= before.seq) continue
    if (isNotice(frame.kind)) {
      if (spoken) notice(frame.kind, frame.data, after, spoken)
      continue
    }
    const { entry, conversation, offer } = frame.data
    if (frame.kind === 'entry.added' && entry) {
      onEntry(entry, conversation ?? undefined, frame.seq, after)
    }
    if (frame.kind === 'offer.made' && offer?.state === 'pending' && !(offer.id in before.offers)) onOffer(offer, frame.seq, after)
  }
}

function onEntry(entry: Entry, conversation: Conversation | undefined, seq: number, state: HubState): void {
  if (entry.direction !== 'in' || entry.kind !== 'message') return
  const isOpen = entry.conversation !== null && entry.conversation === openConversation()
  const isMine = conversation?.agent?.id !== undefined && conversation.agent.id === state.me?.agent?.id
  if (isOpen && spoken) announce(spoken.w.conversation.announce(nameOf(entry.actor.name, spoken.w), entry.text))
  if (!isMine || state.me?.settings.sound === false) return
  if (!isOpen || document.visibilityState === 'hidden' || !document.hasFocus()) play('message', seq)
}

function onOffer(offer: Offer, seq: number, state: HubState): void {
  const title = spoken ? spoken.w.offers.notification(nameOf(offer.contact.name, spoken.w)) : ''
  announce(title)
  if (state.me?.settings.sound !== false) play('offer', seq)
  if (!prefs().notify || document.visibilityState === 'visible') return
  if (!('Notification' in window) || Notification.permission !== 'granted') return
  const notification = new Notification(title, { body: offer.queue.name, tag: `offer-${offer.id}` })
  notification.onclick = () => {
    window.focus()
    go(paths.inbox)
    notification.close()
  }
}
