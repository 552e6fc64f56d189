import type { Words } from '../i18n/en'

/** Why somebody is away or gone: one of our reasons in the reader's language, else their own words. */
export function reasonWords(reason: string, w: Words): string {
  const chosen: Record<string, string> = w.presence.reasons
  return chosen[reason] ?? w.board.reasons[reason] ?? reason
}
