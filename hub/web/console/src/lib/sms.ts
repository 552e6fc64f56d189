/** How many SMS parts a text takes: GSM 03.38 where it fits, else UCS-2. */

const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const EXTENDED = '^{}\\[~]|€\f'
const basic = new Set(BASIC)
const extended = new Set(EXTENDED)

export interface PartCount {
  parts: number
  /** Units left in the last part. */
  left: number
  unicode: boolean
}

const isGsm = (text: string): boolean => [...text].every((char) => basic.has(char) || extended.has(char))

/** The pieces that are never torn apart: grapheme clusters (surrogate pairs, ZWJ sequences). */
function pieces(text: string): string[] {
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
  return [...segmenter.segment(text)].map((part) => part.segment)
}

const septets = (piece: string): number =>
  [...piece].reduce((sum, char) => sum + (extended.has(char) ? 2 : 1), 0)

/** `sizes`: single and one-of-many for GSM-7, then for UCS-2, as the channel's capability says. */
export function countParts(text: string, sizes: readonly number[] = [160, 153, 70, 67]): PartCount {
  const unicode = !isGsm(text)
  const single = (unicode ? sizes[2] : sizes[0]) ?? 160
  const many = (unicode ? sizes[3] : sizes[1]) ?? 153
  const lengths = pieces(text).map((piece) => (unicode ? piece.length : septets(piece)))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  if (total <= single) return { parts: 1, left: single - total, unicode }
  let parts = 1
  let used = 0
  for (const length of lengths) {
    if (used + length > many) {
      parts += 1
      used = 0
    }
    used += Math.min(length, many)
  }
  return { parts, left: many - used, unicode }
}
