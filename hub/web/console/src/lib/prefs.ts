import { useSyncExternalStore } from 'react'

/** What belongs to this device and not to the person. */
export interface Prefs {
  density: 'comfortable' | 'compact'
  keys: boolean
  notify: boolean
  scope: 'matter' | 'person'
  context: boolean
}

const KEY = 'hub.prefs'
const defaults: Prefs = { density: 'comfortable', keys: true, notify: false, scope: 'person', context: true }

function load(): Prefs {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>) }
  } catch {
    return defaults
  }
}

let current = load()
const listeners = new Set<() => void>()

export const prefs = (): Prefs => current

export function setPrefs(change: Partial<Prefs>): void {
  current = { ...current, ...change }
  localStorage.setItem(KEY, JSON.stringify(current))
  listeners.forEach((listener) => listener())
}

export function usePrefs(): Prefs {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, prefs)
}
