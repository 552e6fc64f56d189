/** Times, days, numbers and sizes as the visitor's language writes them (Jalali for Persian). */

import type { Queue } from './types'
import type { Words } from './words'

const DAY = 86_400_000

export class Format {
  readonly #time: Intl.DateTimeFormat
  readonly #day: Intl.DateTimeFormat
  readonly #locale: string

  constructor(language: string, readonly words: Words) {
    const locale = (this.#locale = language === 'fa' ? 'fa-IR' : language)
    this.#time = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
    this.#day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' })
  }

  time(at: string): string {
    return this.#time.format(new Date(at))
  }

  number(n: number): string {
    return n.toLocaleString(this.#locale)
  }

  size(bytes: number): string {
    return `${this.number(Math.ceil(bytes / 1e4) / 100)} MB`
  }

  /** How long the wait will be, or when somebody is there again, in the visitor's own time. */
  wait({ position, low_seconds, high_seconds, closed, opens_at }: Queue): string {
    const { words } = this
    if (closed) return words.closed + (opens_at ? ` ${words.opens} ${this.day(opens_at)} ${this.time(opens_at)}` : '')
    if (!position) return ''
    const ahead = [words.next, words.one][position - 1] ?? words.ahead.replace('#', this.number(position - 1))
    if (!high_seconds) return ahead
    const [unit, seconds] = high_seconds > 7_200 ? ['hour', 3_600] as const : ['minute', 60] as const
    const range = new Intl.NumberFormat(this.#locale, { style: 'unit', unit })
    return `${ahead}${words.between}${range.formatRange(Math.floor(low_seconds! / seconds), Math.ceil(high_seconds / seconds))}`
  }

  day(at: string): string {
    const date = new Date(at)
    const days = Math.round((midnight(new Date()) - midnight(date)) / DAY)
    return [this.words.today, this.words.yesterday][days] ?? this.#day.format(date)
  }
}

const midnight = (date: Date): number => new Date(date).setHours(0, 0, 0, 0)
