/** Times, days, numbers and sizes as the visitor's language writes them (Jalali for Persian). */

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

  day(at: string): string {
    const date = new Date(at)
    const days = Math.round((midnight(new Date()) - midnight(date)) / DAY)
    return [this.words.today, this.words.yesterday][days] ?? this.#day.format(date)
  }
}

const midnight = (date: Date): number => new Date(date).setHours(0, 0, 0, 0)
