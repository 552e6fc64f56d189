/** Dates, numbers and names in the page's language: Jalali and Persian digits in Persian. */

let language = 'en'

export function speak(chosen) {
  language = chosen
}

const locale = () => (language === 'fa' ? 'fa-IR-u-ca-persian-nu-arabext' : 'en-GB')

export const number = (n) => new Intl.NumberFormat(locale()).format(n)

/** The time of day; with the day if it was not today. */
export function when(ms) {
  const date = new Date(ms)
  const time = new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit' }).format(date)
  if (date.toDateString() === new Date().toDateString()) return time
  return `${new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short' }).format(date)} ${time}`
}

export function day(ms) {
  return new Intl.DateTimeFormat(locale(), { weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(ms))
}

/** The sign for a person: first letters of the first and the last name. */
export function initials(name) {
  const words = name.trim().split(/\s+/)
  const letters = [words[0], words.length > 1 ? words.at(-1) : ''].map((word) => [...word][0] || '')
  return /[\u0600-\u06ff]/.test(name) ? letters.join('\u200c') : letters.join('').toUpperCase()
}

/** A hue that stays the same for a name. */
export function hue(name) {
  let sum = 7
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 360
  return sum
}

export function size(bytes) {
  return bytes < 1000 ? `${number(bytes)} B` : `${number(Math.round(bytes / 1000))} kB`
}
