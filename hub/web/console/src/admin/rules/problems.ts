import type { FieldProblem } from '../../api/types'
import type { Language } from '../../i18n/format'

/** Something wrong with the rows, and where. */
export interface Problem {
  field: string
  reason: string
  line: number | null
}

const LINE = /\s*\(?\bline (\d+)(?:, column \d+)?\)?/

/** With its line, wherever the hub says it; the words without it, in the reader's language where the hub has them. */
export function problemOf({ field, reason, line, fa }: FieldProblem, language: Language = 'en'): Problem {
  const said = LINE.exec(reason) ?? LINE.exec(field)
  const words = (language === 'fa' && fa) || reason.replace(LINE, '') || reason
  return { field, reason: words, line: line ?? (said ? Number(said[1]) : null) }
}

/** The part of a line that a problem is about: the last key of its path with its value, else all of it. */
export function rangeOf(problem: Problem, text: string): { from: number; to: number } {
  const start = /\S/.exec(text)?.index ?? 0
  const end = text.trimEnd().length
  const key = problem.field.split(/[.[\]]+/).filter((part) => part && !/^\d+$/.test(part)).at(-1)
  const at = key ? new RegExp(`(?:^|[\\s{,])${key.replace(/[^\p{L}\p{N}_]/gu, '\\$&')}:`, 'u').exec(text) : null
  if (!at) return { from: start, to: Math.max(end, start) }
  const from = at.index + (/^[\s{,]/.test(at[0]) ? 1 : 0)
  const rest = text.slice(from)
  const stop = rest.search(/[,}]\s*(?:[\p{L}_]+:|\}|$)/u)
  return { from, to: stop > 0 ? from + stop : end }
}
