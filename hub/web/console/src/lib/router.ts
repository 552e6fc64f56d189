import { useSyncExternalStore } from 'react'
import type { Id } from '../api/types'

/** Where we are. The address bar is the truth, so that links and the back gesture work. */
export type Route =
  | { page: 'inbox'; conversation: Id | null }
  | { page: 'people'; contact: Id | null }
  | { page: 'admin'; tab: string }
  | { page: 'link'; token: string }

export function parseRoute(path: string): Route {
  const [first, second] = path.split('/').filter(Boolean).map(decodeURIComponent)
  const id = second !== undefined && /^\d+$/.test(second) ? Number(second) : null
  if (first === 'link' && second) return { page: 'link', token: second }
  if (first === 'people') return { page: 'people', contact: id }
  if (first === 'admin') return { page: 'admin', tab: second ?? 'channels' }
  return { page: 'inbox', conversation: first === 'c' ? id : null }
}

export const paths = {
  inbox: '/',
  conversation: (id: Id) => `/c/${id}`,
  people: '/people',
  person: (id: Id) => `/people/${id}`,
  admin: (tab = 'channels') => `/admin/${tab}`,
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
