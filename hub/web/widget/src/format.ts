/** Times, days, numbers and sizes as the visitor's language writes them (Jalali for Persian). */

import type { Words } from './words'

const DAY = 86_400_000

export class Format {
  readonly #time: Intl.DateTimeFormat
  readonly #day: Intl.DateTimeFormat
  readonly #number: Intl.NumberFormat
  readonly #size: Intl.NumberFormat

  constructor(language: string, readonly words: Words) {
    const locale = language === 'fa' ? 'fa-IR' : language
    this.#time = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
    this.#day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' })
    this.#number = new Intl.NumberFormat(locale)
    this.#size = new Intl.NumberFormat(locale, {
      style: 'unit', unit: 'megabyte', unitDisplay: 'short', maximumSignificantDigits: 2,
    })
  }

  time(at: string): string {
    return this.#time.format(new Date(at))
  }

  number(n: number): string {
    return this.#number.format(n)
  }

  size(bytes: number): string {
    return this.#size.format(Math.max(bytes / 1e6, 0.01))
  }

  day(at: string): string {
    const date = new Date(at)
    const today = new Date().setHours(0, 0, 0, 0)
    const days = Math.round((today - new Date(at).setHours(0, 0, 0, 0)) / DAY)
    if (days === 0) return this.words.today
    if (days === 1) return this.words.yesterday
    return this.#day.format(date)
  }
}
