export interface ChangedLine {
  kind: 'added' | 'removed'
  text: string
}

export interface Changes {
  added: number
  removed: number
  lines: ChangedLine[]
}

/** A line of a difference with what stands around it; `gap`: unchanged lines are left out here. */
export type DiffLine = { kind: 'added' | 'removed' | 'same' | 'gap'; text: string }

/** Beyond this many comparisons, what lies between equal ends counts as changed whole. */
const MOST = 9_000_000

/** The lines that differ, in order. */
export function changes(before: string, after: string): Changes {
  const lines = compared(before, after).filter((line): line is ChangedLine => line.kind !== 'same')
  const added = lines.filter((line) => line.kind === 'added').length
  return { added, removed: lines.length - added, lines }
}

/** The lines that differ, each with up to `around` unchanged ones before and after. */
export function hunks(before: string, after: string, around = 2): DiffLine[] {
  const lines = compared(before, after)
  const near = new Set(lines.flatMap((line, index) => (line.kind === 'same' ? [] : Array.from({ length: 2 * around + 1 }, (_, at) => index - around + at))))
  const found: DiffLine[] = []
  lines.forEach((line, index) => {
    if (near.has(index)) found.push(line)
    else if (found.at(-1)?.kind !== 'gap') found.push({ kind: 'gap', text: '' })
  })
  return near.size ? found : []
}

type Line = { kind: 'added' | 'removed' | 'same'; text: string }

/** Longest common subsequence of what is between equal ends. */
function compared(before: string, after: string): Line[] {
  const a = before.split('\n')
  const b = after.split('\n')
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1
  const same = (text: string): Line => ({ kind: 'same', text })
  return [...a.slice(0, start).map(same), ...walk(a.slice(start, a.length - end), b.slice(start, b.length - end)), ...a.slice(a.length - end).map(same)]
}

function walk(a: string[], b: string[]): Line[] {
  if (a.length * b.length > MOST) return [...a.map((text): Line => ({ kind: 'removed', text })), ...b.map((text): Line => ({ kind: 'added', text }))]
  const width = b.length + 1
  const common = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number): number => common[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Line[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i] ?? '' })
      i += 1
      j += 1
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: a[i] ?? '' })
      i += 1
    } else {
      lines.push({ kind: 'added', text: b[j] ?? '' })
      j += 1
    }
  }
  return lines
}
