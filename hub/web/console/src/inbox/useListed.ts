import { useEffect, useMemo, useRef, useState } from 'react'
import { useShallow } from 'zustand/shallow'
import { api } from '../api/calls'
import type { Id } from '../api/types'
import { useSession } from '../live/session'
import { addConversations } from '../store/reduce'
import type { ListFilter, ListItem } from '../store/select'
import { listed } from '../store/select'
import { update, useHub } from '../store/store'

const keyOf = (item: ListItem): string => (item.kind === 'row' ? `r${item.id}` : `h${item.key}`)

/** The list's items in order, straight from the store. */
export function useListed(filter: ListFilter): ListItem[] {
  const state = useHub(useShallow(({ conversations, queues, me }) => ({ conversations, queues, me })))
  return useMemo(
    () => listed({ ...useHub.getState(), ...state }, filter),
    [state, filter],
  )
}

/** While the pointer is over the list, rows keep their places; news is counted and waits. */
export function useHeld(items: ListItem[], held: boolean, resetKey: string, open: Id | null): { shown: ListItem[]; fresh: number; release: () => void } {
  const kept = useRef<ListItem[]>(items)
  const keptKey = useRef(resetKey)
  const [, again] = useState(0)
  const has = (list: ListItem[]): boolean => list.some((item) => item.kind === 'row' && item.id === open)
  const opened = open !== null && has(items) && !has(kept.current)
  if (!held || opened || keptKey.current !== resetKey) {
    kept.current = items
    keptKey.current = resetKey
  }
  const now = new Map(items.map((item) => [keyOf(item), item]))
  const shown = kept.current.flatMap((item) => now.get(keyOf(item)) ?? [])
  const before = new Set(kept.current.map(keyOf))
  const fresh = items.filter((item) => item.kind === 'row' && !before.has(keyOf(item))).length
  const release = (): void => {
    kept.current = items
    again((count) => count + 1)
  }
  return { shown, fresh, release }
}

interface Pages {
  next: string | null
  busy: boolean
}

/** The hub's pages behind a list: the first one when it is shown, more on demand. */
export function usePages(filter: ListFilter): { more: boolean; busy: boolean; load: () => void } {
  const epoch = useSession((state) => state.epoch)
  const [pages, setPages] = useState<Pages>({ next: null, busy: true })
  const query = useMemo(() => queryOf(filter), [filter])

  useEffect(() => {
    let current = true
    setPages({ next: null, busy: true })
    void fetchPage(query).then((next) => current && setPages({ next, busy: false }))
    return () => {
      current = false
    }
  }, [query, epoch])

  const load = (): void => {
    if (pages.busy || !pages.next) return
    setPages({ ...pages, busy: true })
    void fetchPage({ ...query, cursor: pages.next }).then((next) => setPages({ next, busy: false }))
  }
  return { more: pages.next !== null, busy: pages.busy, load }
}

type PageQuery = Parameters<typeof api.conversations>[0]

function queryOf({ view, status, queue }: ListFilter): PageQuery {
  const name = queue === null ? undefined : useHub.getState().queues[queue]?.name
  const query: PageQuery = { view: view === 'queues' ? 'queue' : view }
  if (status !== 'active') query.status = status
  if (name) query.queue = name
  return query
}

async function fetchPage(query: PageQuery): Promise<string | null> {
  try {
    const page = await api.conversations(query)
    update((state) => addConversations(state, page.items))
    return page.next
  } catch {
    return null
  }
}
