import { create } from 'zustand'
import type { Frame, Id } from '../api/types'

const SHOWN_MS = 6000

interface Typing {
  [conversation: Id]: { who: string; until: number }
}

/** Who is typing where: signals, never part of the hub's state. */
export const useTyping = create<Typing>(() => ({}))

/** Take the typing signals out of a batch of frames; a message from a customer ends theirs. */
export function typed(frames: readonly Frame[]): void {
  for (const frame of frames) {
    if (frame.type === 'event' && frame.kind === 'entry.added' && frame.data.entry?.conversation) {
      end(frame.data.entry.conversation)
    }
    if (frame.type === 'typing') begin(frame.conversation, frame.who)
  }
}

function begin(conversation: Id, who: string): void {
  const until = Date.now() + SHOWN_MS
  useTyping.setState({ [conversation]: { who, until } })
  setTimeout(() => {
    if (useTyping.getState()[conversation]?.until === until) end(conversation)
  }, SHOWN_MS)
}

function end(conversation: Id): void {
  if (!(conversation in useTyping.getState())) return
  const rest = { ...useTyping.getState() }
  delete rest[conversation]
  useTyping.setState(rest, true)
}
