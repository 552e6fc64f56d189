import { useSyncExternalStore } from 'react'
import type { Id } from '../api/types'
import { BASE } from './base'

/** Where we are. The address bar is the truth, so that links and the back gesture work. */
export type Route =
  | { page: 'inbox'; conversation: Id | null }
  | { page: 'people'; contact: Id | null }
  | { page: 'board' }
  | { page: 'admin'; tab: string; entry: Id | null; what: string | null }
  | { page: 'link'; token: string }
  | { page: 'security' }

export function parseRoute(path: string): Route {
  const [first, second, third] = (path.startsWith(BASE) ? path.slice(BASE.length) : path).split('/').filter(Boolean).map(decodeURIComponent)
  const id = idOf(second)
  if (first === 'link' && second) return { page: 'link', token: second }
  if (first === 'security') return { page: 'security' }
  if (first === 'people') return { page: 'people', contact: id }
  if (first === 'board') return { page: 'board' }
  if (first === 'admin') return { page: 'admin', tab: second ?? 'health', entry: idOf(third), what: third ?? null }
  return { page: 'inbox', conversation: first === 'c' ? id : null }
}

const idOf = (part: string | undefined): Id | null => (part !== undefined && /^\d+$/.test(part) ? Number(part) : null)

export const paths = {
  inbox: `${BASE}/`,
  conversation: (id: Id) => `${BASE}/c/${id}`,
  people: `${BASE}/people`,
  person: (id: Id) => `${BASE}/people/${id}`,
  board: `${BASE}/board`,
  security: `${BASE}/security`,
  admin: (tab = 'health') => `${BASE}/admin/${tab}`,
  /** A message's way, by a code or an event of ours: never by an address. */
  trace: (what: string) => `${BASE}/admin/trace/${encodeURIComponent(what)}`,
  /** The rules, with the message of an entry to try on them. */
  whatIf: (entry: Id) => `${BASE}/admin/rules/${entry}`,
}

const listeners = new Set<() => void>()
const tell = (): void => listeners.forEach((listener) => listener())

export function go(path: string, replace = false): void {
  if (path === location.pathname) return
  if (replace) history.replaceState(null, '', path)
  else history.pushState(null, '', path)
  tell()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  addEventListener('popstate', listener)
  return () => {
    listeners.delete(listener)
    removeEventListener('popstate', listener)
  }
}

const path = (): string => location.pathname

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, path))
}
