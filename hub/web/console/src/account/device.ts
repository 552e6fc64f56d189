const BROWSERS: [RegExp, string][] = [
  [/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/SamsungBrowser/, 'Samsung Internet'], [/Firefox|FxiOS/, 'Firefox'],
  [/Chrom(e|ium)|CriOS/, 'Chrome'], [/Safari/, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'], [/Linux|X11/, 'Linux'],
]

const first = (names: [RegExp, string][], text: string): string => names.find(([pattern]) => pattern.test(text))?.[1] ?? ''

/** What a browser says of itself, in two words; empty where it says nothing that is known. */
export function deviceOf(userAgent: string): { browser: string; system: string } {
  return { browser: first(BROWSERS, userAgent), system: first(SYSTEMS, userAgent) }
}
