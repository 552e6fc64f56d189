import type { I18n } from '../i18n'

/** A place in line other than its own, in words; empty where it is its own. `seconds` may be negative. */
export function headStart(seconds: number, { w, f }: I18n): string {
  if (!seconds) return ''
  const { unit, count } = f.length(new Date(0), Math.abs(seconds) * 1000)
  const length = w.length(unit, count, f.number(count))
  return seconds > 0 ? w.priority.ahead(length) : w.priority.behind(length)
}
