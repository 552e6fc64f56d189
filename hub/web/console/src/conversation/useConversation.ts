import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { api } from '../api/calls'
import { ApiError } from '../api/http'
import type { Contact, Conversation, Entry, Id } from '../api/types'
import { standingOf } from '../context/consent/useConsent'
import { go, paths } from '../lib/router'
import { useSession } from '../live/session'
import { addDetail, addPage, awaitPage, forgetPage } from '../store/reduce'
import type { Detail } from '../store/state'
import { hub, update, useHub } from '../store/store'

export interface Opened {
  conversation: Conversation | undefined
  detail: Detail | undefined
  missing: boolean
  /** The hub did not answer; `retry` asks again. */
  failed: boolean
  retry: () => void
}

/** The open conversation, fetched anew when it is opened, after a reset and when its ways to answer change. */
export function useConversation(id: Id): Opened {
  const conversation = useHub((state) => state.conversations[id])
  const detail = useHub((state) => state.details[id])
  const epoch = useSession((state) => state.epoch)
  const lastIn = conversation?.last_direction === 'in' ? conversation.last_at : ''
  const standing = useHub((state) => standingOf(state.contacts[conversation?.contact.id ?? 0]))
  const gone = conversation === undefined
  const [missing, setMissing] = useState(false)
  const { failed, setFailed, attempt, retry } = useAttempts()
  useEffect(() => {
    let current = true
    const asked = hub().conversations[id]
    api.conversation(id).then(
      (answer) => {
        if (!current) return
        setMissing(false)
        setFailed(false)
        if (answer.status === 'moved' && answer.moved_to) go(paths.conversation(answer.moved_to))
        else update((state) => addDetail(state, answer, asked))
      },
      (error: unknown) => {
        if (!current) return
        if (error instanceof ApiError && error.status === 404) setMissing(true)
        else setFailed(true)
      },
    )
    return () => {
      current = false
    }
  }, [id, epoch, lastIn, standing, gone, attempt, setFailed])
  return { conversation, detail, missing: missing && !conversation, failed: failed && !conversation, retry }
}

/** Whether the last try failed, and a way to try again. */
function useAttempts() {
  const [failed, setFailed] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const retry = useCallback(() => {
    setFailed(false)
    setAttempt((count) => count + 1)
  }, [])
  return { failed, setFailed, attempt, retry }
}

export interface TimelineView {
  entries: Entry[]
  loading: boolean
  older: boolean
  loadOlder: () => Promise<void>
  failed: boolean
  retry: () => void
}

const nothing: Entry[] = []

/** Who somebody is besides: another timeline when it changes. */
const joinedOf = (contact: Contact | undefined): string =>
  contact ? [contact.id, ...(contact.links ?? []).map((link) => link.contact.id)].join() : ''

/** A person's timeline, page by page; live entries join by themselves. */
export function useTimeline(contact: Id | undefined): TimelineView {
  const timeline = useHub((state) => (contact === undefined ? undefined : state.timelines[contact]))
  const epoch = useSession((state) => state.epoch)
  const joined = useHub((state) => (contact === undefined ? '' : joinedOf(state.contacts[contact])))
  const busy = useRef(false)
  const { failed, setFailed, attempt, retry } = useAttempts()

  useEffect(() => {
    if (contact === undefined) return
    let current = true
    update((state) => awaitPage(state, contact))
    api.timeline(contact).then(
      (page) => {
        if (!current) return
        setFailed(false)
        update((state) => addPage(state, contact, page, true))
      },
      () => current && setFailed(true),
    )
    return () => {
      current = false
      update((state) => forgetPage(state, contact))
    }
  }, [contact, epoch, joined, attempt, setFailed])

  const loadOlder = useCallback(async () => {
    const cursor = contact === undefined ? null : hub().timelines[contact]?.older
    if (contact === undefined || !cursor || busy.current) return
    busy.current = true
    try {
      const page = await api.timeline(contact, cursor)
      update((state) => addPage(state, contact, page, false))
    } finally {
      busy.current = false
    }
  }, [contact])

  return useMemo(() => ({
    entries: timeline?.items ?? nothing, loading: timeline === undefined, older: !!timeline?.older, loadOlder,
    failed: failed && timeline === undefined, retry,
  }), [timeline, loadOlder, failed, retry])
}
