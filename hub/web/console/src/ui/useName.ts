import { useI18n } from '../i18n'
import type { Words } from '../i18n/en'

const TOKEN = /^[0-9a-f]{16,}$/

/** How to call a person: by name, a visitor without one by the beginning of their token. */
export function nameOf(name: string, w: Words): string {
  if (!name) return w.common.unnamed
  return TOKEN.test(name) ? w.common.visitor(name.slice(0, 4)) : name
}

export function useName(name: string): string {
  return nameOf(name, useI18n().w)
}
