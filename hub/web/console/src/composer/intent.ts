import { create } from 'zustand'
import type { ComposerMode, Id } from '../api/types'

/** What another part of the screen asks of a composer: focus in a mode, or take a text. */
export interface Intent {
  conversation: Id
  mode?: ComposerMode
  text?: string
  /** Answer this entry. */
  answers?: Id
  /** Look for a canned reply. */
  canned?: boolean
  /** A channel's name. */
  otherChannelThan?: string
  /** Grows, so that the same wish twice is two wishes. */
  at: number
}

export const useIntent = create<{ intent: Intent | null }>(() => ({ intent: null }))

let count = 0

export function ask(intent: Omit<Intent, 'at'>): void {
  count += 1
  useIntent.setState({ intent: { ...intent, at: count } })
}

export const asked = (): void => useIntent.setState({ intent: null })
