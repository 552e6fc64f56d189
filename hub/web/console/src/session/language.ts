import { useSyncExternalStore } from 'react'
import type { Language } from '../i18n/format'

const KEY = 'hub.language'
const listeners = new Set<() => void>()

const read = (): Language | undefined => {
  const value = localStorage.getItem(KEY)
  return value === 'en' || value === 'fa' ? value : undefined
}

/** The language chosen on the sign-in page: until the person's own setting says otherwise. */
export function chooseLanguage(language: Language): void {
  localStorage.setItem(KEY, language)
  listeners.forEach((listener) => listener())
}

export function useLanguageChoice(): Language | undefined {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, read)
}
