import type { Capabilities } from '../api/types'
import type { Words } from '../i18n/en'
import { countParts } from '../lib/sms'

/** Why a text cannot go by this channel as it is; null if it can. */
export function textProblem(text: string, capabilities: Capabilities | undefined, w: Words): string | null {
  if (!capabilities) return null
  const { part_sizes: sizes, max_text: most, max_parts: parts = 1 } = capabilities
  if (sizes?.length) return countParts(text, sizes).parts > parts ? w.composer.tooManyParts(String(parts)) : null
  if (most && text.length > most * parts) return w.composer.tooLong(String(text.length - most * parts))
  return null
}
