import { api } from '../api/calls'
import type { ReplyBody } from '../api/calls'
import { ApiError, NoAnswer } from '../api/http'
import type { Conversation, Entry, Id } from '../api/types'
import { lastLooked, lookedAt } from '../conversation/seen'
import type { Words } from '../i18n/en'
import { showProblem } from '../lib/problem'
import { addEntry } from '../store/reduce'
import type { Pending } from '../store/outbox'
import { outbox } from '../store/outbox'
import { hub, update } from '../store/store'
import { change, clear, restore, writing } from './drafts'
import { addressed } from './addressed'
import type { Route } from './routes'

/** Worth trying again as it is: no answer, or the hub was busy. Everything else is for the writer to change. */
const passing = (error: unknown): boolean => error instanceof NoAnswer || (error instanceof ApiError && error.status >= 500)

function bodyOf(item: Pending): ReplyBody {
  const body: ReplyBody = { text: item.text, client_key: item.key }
  if (item.html) body.html = item.html
  if (item.channel) body.channel = item.channel.id
  if (item.to) body.to = item.to
  if (item.cc) body.cc = item.cc
  if (item.answers) body.answers = item.answers
  if (item.files.length) body.files = item.files.map((file) => file.id)
  if (item.seen !== null) body.seen_seq = item.seen
  return body
}

/** What is written in this conversation, ready to go; null if there is nothing to send. */
function pendingOf(conversation: Conversation, route: Route | null): Pending | null {
  const { mode, texts, files, to, cc, answers, designed } = writing(conversation.id)
  const text = texts[mode].trimEnd()
  const html = designed && designed.text.trimEnd() === text && route?.option.capabilities.html ? designed.html : ''
  const uploads = files.flatMap((file) => file.upload ?? [])
  if (!text && (mode === 'note' || uploads.length === 0)) return null
  const reply = mode === 'reply'
  const explicit = to ?? (route && !route.first ? [route.option.to] : null)
  return {
    key: crypto.randomUUID(), conversation: conversation.id, contact: conversation.contact.id, mode, text, html: reply ? html : '',
    channel: reply && route ? route.option.channel : null,
    to: reply ? explicit : null, cc: reply && (to || cc) ? cc : null,
    answers: reply && route ? (addressed(conversation.id, route, answers)?.answers ?? null) : null, files: reply ? uploads : [],
    at: new Date().toISOString(), seen: lastLooked(conversation.id) ?? hub().details[conversation.id]?.seen_seq ?? null, state: 'sending',
  }
}

export function send(conversation: Conversation, route: Route | null, w: Words): void {
  const item = pendingOf(conversation, route)
  if (!item) return
  clear(conversation.id)
  void deliver(item, w)
}

/** After a conflict: what is new has been read, so the same words go out. */
export function sendAnyway(id: Id, w: Words): void {
  const { conflict } = writing(id)
  if (!conflict) return
  lookedAt(id, conflict.seq)
  const text = writing(id).texts.reply.trimEnd()
  clear(id)
  void deliver({ ...conflict.pending, text: text || conflict.pending.text, seen: lastLooked(id), key: crypto.randomUUID() }, w)
}

/** The same key again: if it had arrived after all, nothing is doubled. */
export const deliverAgain = (item: Pending, w: Words): Promise<void> => deliver(item, w)

async function deliver(item: Pending, w: Words): Promise<void> {
  outbox.put({ ...item, state: 'sending' })
  try {
    const entry = item.mode === 'note'
      ? await api.note(item.conversation, { text: item.text, client_key: item.key })
      : await api.reply(item.conversation, bodyOf(item))
    if (entry && typeof entry.id === 'number') {
      update((state) => addEntry(state, entry))
    }
    outbox.drop(item.key)
  } catch (error) {
    refused(item, error, w)
  }
}

function refused(item: Pending, error: unknown, w: Words): void {
  if (passing(error)) {
    outbox.fail(item.key)
    return
  }
  outbox.drop(item.key)
  restore(item)
  if (error instanceof ApiError && error.status === 409 && Array.isArray(error.body['new'])) {
    void stop(item, newEntries(item, error.body['new']))
    return
  }
  showProblem(error, w)
}

/** Show what is new; sending anyway then counts as having seen all that the hub had by now. */
async function stop(item: Pending, entries: Entry[]): Promise<void> {
  const seq = await api.conversation(item.conversation).then((detail) => detail.seen_seq, () => hub().seq)
  update((state) => entries.reduce((next, entry) => addEntry(next, entry), state))
  change(item.conversation, { conflict: { entries, pending: item, seq } })
}

/** The hub names the new entries whole or by id. */
function newEntries(item: Pending, said: unknown[]): Entry[] {
  const known = hub().timelines[item.contact]?.items ?? []
  return said.flatMap((one) => {
    if (typeof one === 'object' && one !== null) return one as Entry
    return known.find((entry) => entry.id === one) ?? []
  })
}
