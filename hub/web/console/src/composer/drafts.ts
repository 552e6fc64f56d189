import { create } from 'zustand'
import { api } from '../api/calls'
import type { Recipients } from '../api/repliesTypes'
import type { ComposerMode, Draft, Entry, Id, Upload } from '../api/types'
import type { Pending } from '../store/outbox'
import { hub } from '../store/store'

export interface FileItem {
  key: string
  name: string
  size: number
  share: number
  state: 'uploading' | 'done' | 'failed'
  upload: Upload | null
  cancel: () => void
}

/** Somebody wrote meanwhile: what is new, and what waits for the decision. */
export interface Conflict {
  entries: Entry[]
  pending: Pending
  /** The hub's last event when this was shown. */
  seq: number
}

export interface Writing {
  mode: ComposerMode
  texts: Record<ComposerMode, string>
  /** `CHANNEL ADDRESS`; null: the one they last wrote on. */
  option: string | null
  to: string[] | null
  cc: string[] | null
  /** The mail that is answered, where it is not the last one. */
  answers: Recipients | null
  files: FileItem[]
  kept: 'kept' | 'keeping' | 'here' | null
  loaded: boolean
  conflict: Conflict | null
  /** A canned reply's HTML, sent as long as the words are still these. */
  designed: { text: string; html: string } | null
}

export const blank: Writing = {
  mode: 'reply', texts: { reply: '', note: '' }, option: null, to: null, cc: null, answers: null, files: [], kept: null, loaded: false, conflict: null, designed: null,
}

interface Desk {
  [conversation: Id]: Writing
}

/** What is being written, per conversation; going elsewhere and back loses nothing. */
export const useDrafts = create<Desk>(() => ({}))

export const writing = (id: Id): Writing => useDrafts.getState()[id] ?? blank

export function change(id: Id, patch: Partial<Writing>): void {
  useDrafts.setState({ [id]: { ...writing(id), ...patch } })
}

const KEEP_MS = 600
const timers = new Map<Id, ReturnType<typeof setTimeout>>()

/** The hub's copy, taken once; what is being written here wins over it. */
export function takeServerDraft(id: Id, draft: Draft | null): void {
  const now = writing(id)
  if (now.loaded) return
  const empty = !now.texts.reply && !now.texts.note
  if (!draft?.text || !empty) change(id, { loaded: true })
  else change(id, { loaded: true, mode: draft.mode, texts: { ...now.texts, [draft.mode]: draft.text }, kept: 'kept' })
}

export function write(id: Id, text: string): void {
  const { texts, mode } = writing(id)
  change(id, { texts: { ...texts, [mode]: text }, kept: 'keeping' })
  keepSoon(id)
}

export function switchMode(id: Id, mode: ComposerMode): void {
  if (writing(id).mode === mode) return
  change(id, { mode })
  keepSoon(id)
}

function keepSoon(id: Id): void {
  clearTimeout(timers.get(id))
  timers.set(id, setTimeout(() => void keep(id), KEEP_MS))
}

/** Keep the draft on the hub now, if something waits to be kept. */
export function keepNow(id: Id): void {
  if (!timers.has(id)) return
  void keep(id)
}

async function keep(id: Id): Promise<void> {
  clearTimeout(timers.get(id))
  timers.delete(id)
  const { mode, texts, option } = writing(id)
  const text = texts[mode]
  try {
    await api.draft(id, { text, mode, channel: option ? Number(option.split(' ')[0]) : null })
    if (writing(id).texts[mode] === text) change(id, { kept: text ? 'kept' : null })
  } catch {
    change(id, { kept: text ? 'here' : null })
  }
}

/** After sending: an empty page in the same mode. The hub drops its copy with the reply. */
export function clear(id: Id): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  const { mode, texts } = writing(id)
  change(id, { texts: { ...texts, [mode]: '' }, to: null, cc: null, answers: null, files: mode === 'reply' ? [] : writing(id).files, kept: null, conflict: null, designed: null })
}

/** It still answers the mail that it was written to. */
function restoreAnswered({ conversation, answers }: Pending): void {
  if (!answers || hub().details[conversation]?.recipients?.answers === answers) return
  api.recipients(answers).then((found) => change(conversation, { answers: found }), () => undefined)
}

/** Put what could not be sent back where it was written. */
export function restore(item: Pending): void {
  const now = writing(item.conversation)
  const before = now.texts[item.mode]
  const text = before && before !== item.text ? `${item.text}\n${before}` : item.text
  const files: FileItem[] = item.files.map((upload) => ({
    key: String(upload.id), name: upload.name, size: upload.size, share: 1, state: 'done', upload, cancel: () => undefined,
  }))
  change(item.conversation, { mode: item.mode, texts: { ...now.texts, [item.mode]: text }, to: item.to, cc: item.cc, files })
  restoreAnswered(item)
  keepSoon(item.conversation)
}
