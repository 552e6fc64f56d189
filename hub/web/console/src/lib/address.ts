/** `mailto:a@b` -> `a@b`; a phone number gets its spaces; a visitor has no address to show. */
export function showAddress(uri: string): string {
  const at = uri.indexOf(':')
  if (at < 0) return uri
  const scheme = uri.slice(0, at)
  const value = uri.slice(at + 1)
  if (scheme === 'tel') return spaced(value)
  if (scheme === 'webuser') return value.slice(value.indexOf('/') + 1)
  if (scheme === 'webchat') return `#${value.split('/').pop()?.slice(0, 8) ?? value}`
  return value
}

export const schemeOf = (uri: string): string => uri.slice(0, Math.max(0, uri.indexOf(':')))

/** Written as the hub writes numbers, where the grouping is known; else as it is. */
function spaced(number: string): string {
  return number
    .replace(/^\+1(\d{3})(\d{3})(\d{4})$/, '+1 $1-$2-$3')
    .replace(/^\+98(\d{3})(\d{3})(\d{4})$/, '+98 $1 $2 $3')
}

/** What a person types as an address, as a URI, or null if it is neither mail nor number. */
export function toUri(text: string): string | null {
  const value = text.trim()
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return `mailto:${value}`
  const digits = value.replace(/[\s()./-]/g, '')
  if (/^\+?\d{5,15}$/.test(digits)) return `tel:${digits}`
  return null
}

/** One or two letters for a round picture; empty for a number and for a visitor without a name. */
export function initials(name: string): string {
  if (/ [0-9a-f]{4}$/.test(name)) return ''
  const words = name.trim().split(/\s+/).filter((word) => /\p{L}/u.test(word))
  const first = [...(words[0] ?? '')][0] ?? ''
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : ''
  const persian = /[\u0600-\u06ff]/.test(first)
  return (persian ? first : first + last).toLocaleUpperCase()
}

/** A steady, quiet hue for a person: always the same for the same name. */
export function hue(name: string): number {
  let hash = 0
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 3600
  return hash % 360
}
