/** The one place where numbers, dates, digits and weeks become text. Built on Intl only. */
import type { HubFacts, Settings } from '../api/types'

export type Language = 'en' | 'fa'

export interface FormatSettings {
  language: Language
  calendar: 'gregory' | 'persian'
  digits: 'latn' | 'arabext'
  timeZone: string
  /** 0 is Sunday. */
  firstDay: number
  region: string | null
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function browserLanguage(): Language {
  return navigator.language.toLowerCase().startsWith('fa') ? 'fa' : 'en'
}

function known<T extends string>(value: string | null | undefined, names: Record<string, T>): T | undefined {
  return value ? names[value.toLowerCase()] : undefined
}

const LANGUAGES = { en: 'en', fa: 'fa' } as const
const CALENDARS = { gregory: 'gregory', persian: 'persian' } as const
const DIGITS = { latn: 'latn', arabext: 'arabext' } as const

function zone(name: string | null | undefined): string {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!name) return own
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return name
  } catch {
    return own
  }
}

/** The person's own settings win over the hub's, the hub's over the browser's. */
export function formatSettings(settings: Settings = {}, hub?: HubFacts, language?: Language): FormatSettings {
  const chosen = known(settings.language, LANGUAGES) ?? language ?? known(hub?.language, LANGUAGES) ?? browserLanguage()
  const persian = chosen === 'fa'
  const asHub = hub?.language === chosen
  return {
    language: chosen,
    calendar: known(settings.calendar ?? (asHub ? hub?.calendar : null), CALENDARS) ?? (persian ? 'persian' : 'gregory'),
    digits: known(settings.digits ?? (asHub ? hub?.digits : null), DIGITS) ?? (persian ? 'arabext' : 'latn'),
    timeZone: zone(settings.time_zone ?? hub?.time_zone),
    firstDay: settings.first_day ?? (asHub ? hub?.first_day : undefined) ?? (persian ? 6 : 1),
    region: hub?.region ?? null,
  }
}

function localeOf(settings: FormatSettings): string {
  const region = settings.language === 'fa' ? 'IR' : (settings.region ?? 'GB')
  const options = { region, calendar: settings.calendar, numberingSystem: settings.digits }
  try {
    return new Intl.Locale(settings.language, options).toString()
  } catch {
    return new Intl.Locale(settings.language, { ...options, region: 'GB' }).toString()
  }
}

export type AgoUnit = 'now' | 'minute' | 'hour' | 'day' | 'week' | 'year'

export class Format {
  readonly locale: string
  readonly language: Language
  private readonly cache = new Map<string, Intl.DateTimeFormat>()
  private readonly numbers: Intl.NumberFormat
  private readonly relatives: Intl.RelativeTimeFormat
  private readonly days: Intl.DateTimeFormat

  constructor(readonly settings: FormatSettings) {
    this.locale = localeOf(settings)
    this.language = settings.language
    this.numbers = new Intl.NumberFormat(this.locale)
    this.relatives = new Intl.RelativeTimeFormat(this.locale, { numeric: 'auto' })
    this.days = isoDays(settings.timeZone)
  }

  private date(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = JSON.stringify(options)
    let format = this.cache.get(key)
    if (!format) {
      format = new Intl.DateTimeFormat(this.locale, { timeZone: this.settings.timeZone, ...options })
      this.cache.set(key, format)
    }
    return format
  }

  number(value: number): string {
    return this.numbers.format(value)
  }

  /** At most two places after the point. */
  decimal(value: number): string {
    return new Intl.NumberFormat(this.locale, { maximumFractionDigits: 2, signDisplay: 'negative' }).format(value)
  }

  /** 15 sec, in words of the language. */
  seconds(count: number): string {
    return new Intl.NumberFormat(this.locale, { style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 0 }).format(count)
  }

  percent(share: number): string {
    return new Intl.NumberFormat(this.locale, { style: 'percent' }).format(share)
  }

  /** 14:05 */
  time(at: string | Date): string {
    return this.date({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at))
  }

  /** 14:05:09 */
  timeSeconds(at: string | Date): string {
    return this.date({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(new Date(at))
  }

  /** The exact one, for hovering. */
  exact(at: string | Date): string {
    const date = new Date(at)
    const day = this.inOrder(date, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
    return `${day}, ${this.date({ timeStyle: 'medium', hourCycle: 'h23' }).format(date)}`.replaceAll(', ', this.comma)
  }

  /** Weekday, day, month, year: in Persian Intl's own order and era for Jalali dates are not how people write. */
  private inOrder(date: Date, options: Intl.DateTimeFormatOptions): string {
    if (this.language !== 'fa') return this.date(options).format(date)
    const parts = new Map(this.date(options).formatToParts(date).map((part) => [part.type, part.value]))
    const day = (['day', 'month', 'year'] as const).flatMap((type) => parts.get(type) ?? []).join(' ')
    const weekday = parts.get('weekday')
    return weekday ? `${weekday}، ${day}` : day
  }

  private get comma(): string {
    return this.language === 'fa' ? '، ' : ', '
  }

  /** 3 May, with the year where it is another one. */
  day(at: string | Date, now: Date = new Date()): string {
    const date = new Date(at)
    const year = this.date({ year: 'numeric' })
    const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' }
    if (year.format(date) !== year.format(now)) options.year = 'numeric'
    return this.inOrder(date, options)
  }

  dayTime(at: string | Date): string {
    return `${this.dayWords(at)} ${this.time(at)}`
  }

  /** A moment to come: the time of today, else its day too, by name within a week. */
  moment(at: string | Date, now: number = Date.now()): string {
    const days = this.daysBetween(new Date(now), at)
    if (days === 0) return this.time(at)
    const named = days > 1 && days < 7
    return `${named ? this.weekday(new Date(at), 'long') : this.dayWords(at, new Date(now))} ${this.time(at)}`
  }

  /** A wall clock's 09:00 in the reader's digits. */
  wallClock(text: string): string {
    const [hour = 0, minute = 0] = text.split(':').map(Number)
    const two = new Intl.NumberFormat(this.locale, { minimumIntegerDigits: 2, useGrouping: false })
    return `${two.format(hour)}:${two.format(minute)}`
  }

  /** A calendar day without a zone, 2026-05-03: with its weekday. */
  plainDay(ymd: string): string {
    const at = new Date(`${ymd}T12:00:00Z`)
    const utc = new Format({ ...this.settings, timeZone: 'UTC' })
    return `${utc.weekday(at)} ${utc.day(at)}`
  }

  dayNumber(at: Date): string {
    return this.date({ day: 'numeric' }).format(at)
  }

  monthName(at: Date): string {
    return this.date({ month: 'short' }).format(at)
  }

  weekday(at: Date, style: 'narrow' | 'short' | 'long' = 'short'): string {
    return this.date({ weekday: style }).format(at)
  }

  /** Calendar days between two moments in the chosen time zone. */
  daysBetween(from: string | Date, to: string | Date): number {
    return Math.round((this.startOfDay(to) - this.startOfDay(from)) / DAY)
  }

  /** The calendar day of a moment in the chosen time zone, to compare. */
  dayKey(at: string | Date): string {
    return String(this.startOfDay(at))
  }

  private startOfDay(at: string | Date): number {
    return Date.parse(`${this.days.format(new Date(at))}T00:00:00Z`)
  }

  /** Today, yesterday, a weekday within the last week, else the date: as a heading. */
  dayName(at: string | Date, now: Date = new Date()): string {
    const words = this.dayWords(at, now)
    return words.charAt(0).toLocaleUpperCase(this.locale) + words.slice(1)
  }

  private dayWords(at: string | Date, now: Date = new Date()): string {
    const days = this.daysBetween(now, at)
    if (days >= -1 && days <= 1) return this.relatives.format(days, 'day')
    if (days < 0 && days > -7) return this.weekday(new Date(at), 'long')
    return this.day(at, now)
  }

  /** How long ago, in words: "4 minutes ago", "yesterday". */
  relative(at: string | Date, now: number = Date.now()): string {
    const gap = new Date(at).getTime() - now
    const size = Math.abs(gap)
    if (size < HOUR) return this.relatives.format(Math.round(gap / MINUTE), 'minute')
    if (size < DAY) return this.relatives.format(Math.round(gap / HOUR), 'hour')
    return this.relatives.format(this.daysBetween(new Date(now), at), 'day')
  }

  /** A short length of time: unit and count, for the catalogue to write. */
  length(from: string | Date, now: number = Date.now()): { unit: AgoUnit; count: number } {
    const gap = Math.max(0, now - new Date(from).getTime())
    if (gap < MINUTE) return { unit: 'now', count: 0 }
    if (gap < HOUR) return { unit: 'minute', count: Math.floor(gap / MINUTE) }
    if (gap < DAY) return { unit: 'hour', count: Math.floor(gap / HOUR) }
    if (gap < 14 * DAY) return { unit: 'day', count: Math.floor(gap / DAY) }
    if (gap < 365 * DAY) return { unit: 'week', count: Math.floor(gap / (7 * DAY)) }
    return { unit: 'year', count: Math.floor(gap / (365 * DAY)) }
  }

  /** 1:05 of a time in seconds. */
  clock(seconds: number): string {
    const two = new Intl.NumberFormat(this.locale, { minimumIntegerDigits: 2 })
    return `${this.number(Math.floor(seconds / 60))}:${two.format(seconds % 60)}`
  }

  bytes(size: number): string {
    const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
    const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(1, size)) / Math.log(1000)))
    return new Intl.NumberFormat(this.locale, {
      style: 'unit', unit: units[step], unitDisplay: 'short', maximumFractionDigits: step > 1 ? 1 : 0,
    }).format(size / 1000 ** step)
  }

  list(items: string[]): string {
    return new Intl.ListFormat(this.locale, { type: 'conjunction', style: 'short' }).format(items)
  }
}

/** 2026-05-03, as a day is written in ISO 8601. */
function isoDays(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
}

/** The moment at which a wall clock in `timeZone` shows `hour:minute` on the day of `day`. */
export function atClock(day: Date, hour: number, minute: number, timeZone: string): Date {
  const ymd = isoDays(timeZone).format(day)
  const wanted = Date.parse(`${ymd}T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}:00Z`)
  return new Date(wanted - offset(wanted - offset(wanted, timeZone), timeZone))
}

function offset(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
    hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(at)
  const get = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  const shown = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'))
  return shown - Math.floor(at / 1000) * 1000
}
