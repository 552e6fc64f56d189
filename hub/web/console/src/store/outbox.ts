import { create } from 'zustand'
import type { ChannelRef, ComposerMode, Id, Upload } from '../api/types'

/** Something written here that the hub has not confirmed yet. Its key makes sending it twice safe. */
export interface Pending {
  key: string
  conversation: Id
  contact: Id
  mode: ComposerMode
  text: string
  /** Empty: the text says it all. */
  html: string
  channel: ChannelRef | null
  to: string[] | null
  cc: string[] | null
  /** The entry that it answers, as it was shown. */
  answers: Id | null
  files: Upload[]
  at: string
  /** The last event that the writer had seen. */
  seen: number | null
  state: 'sending' | 'failed'
}

const KEY = 'hub.outbox'

function load(): Pending[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as Pending[]
    return kept.map((item) => ({ ...item, state: 'failed' }))
  } catch {
    return []
  }
}

export const useOutbox = create<{ items: Pending[] }>(() => ({ items: load() }))

function set(items: Pending[]): void {
  useOutbox.setState({ items })
  sessionStorage.setItem(KEY, JSON.stringify(items))
}

export const outbox = {
  put(item: Pending): void {
    set([...useOutbox.getState().items.filter((other) => other.key !== item.key), item])
  },
  fail(key: string): void {
    set(useOutbox.getState().items.map((item) => (item.key === key ? { ...item, state: 'failed' } : item)))
  },
  drop(key: string): void {
    set(useOutbox.getState().items.filter((item) => item.key !== key))
  },
}
