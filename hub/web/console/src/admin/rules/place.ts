/** Where in the rows of a rule file the cursor is: what completion needs to know, from the text alone. */

export interface Place {
  /** Keys of the mappings around, outermost first; lists leave no trace. */
  path: string[]
  /** The key whose value is being written; null where a key is. */
  key: string | null
  /** Where the word under the cursor begins. */
  from: number
  /** What `field:` says beside it. */
  field: string | null
}

const WORD = /[\p{L}\p{N}_.-]*$/u
const KEY = /(?:^|[\s{[,-])["']?([\p{L}\p{N}_.]+)["']?:\s*$/u
const FIELD = /(?:^|[\s{,])field:\s*["']?([\p{L}\p{N}_.]+)/u
/** Characters looked at behind the cursor for an open bracket. */
const FAR = 4000

export function placeAt(text: string, at: number): Place {
  const before = text.slice(Math.max(0, at - FAR), at)
  const word = WORD.exec(before)?.[0] ?? ''
  const from = at - word.length
  const open = openBracket(before)
  const found = open === null ? inBlock(text, from) : inFlow(text, at - before.length + open, from)
  return { ...found, from }
}

/** The last bracket before the end that is not closed; null if there is none. */
function openBracket(text: string): number | null {
  let depth = 0
  for (let i = text.length - 1; i >= 0; i -= 1) {
    const char = text[i]
    if (char === '}' || char === ']') depth += 1
    else if (char === '{' || char === '[') {
      if (depth === 0) return i
      depth -= 1
    } else if (char === '\n' && depth === 0 && /^(?:\s*- )?\s*[\p{L}_]+:/u.test(text.slice(i + 1)) && !/[{[,]\s*$/.test(text.slice(0, i))) return null
  }
  return null
}

function inFlow(text: string, open: number, from: number): Omit<Place, 'from'> {
  const inside = text.slice(open + 1, from)
  const outer = around(text, open)
  if (text[open] === '[') return { path: outer.path, key: outer.key, field: outer.field }
  const path = outer.key === null ? outer.path : [...outer.path, outer.key]
  const key = KEY.exec(topLevel(inside))?.[1] ?? null
  return { path, key, field: FIELD.exec(text.slice(open, from + 200).split('}')[0] ?? '')?.[1] ?? null }
}

/** What a bracket at `open` is the value of. */
function around(text: string, open: number): Omit<Place, 'from'> {
  const before = text.slice(Math.max(0, open - FAR), open)
  const outer = openBracket(before)
  return outer === null ? inBlock(text, open) : inFlow(text, open - before.length + outer, open)
}

/** The text after the last comma outside of inner brackets. */
function topLevel(inside: string): string {
  let depth = 0
  for (let i = inside.length - 1; i >= 0; i -= 1) {
    const char = inside[i]
    if (char === '}' || char === ']') depth += 1
    else if (char === '{' || char === '[') depth -= 1
    else if (char === ',' && depth === 0) return inside.slice(i + 1)
  }
  return inside
}

interface BlockLine {
  indent: number
  key: string | null
  text: string
}

function blockLine(line: string): BlockLine {
  const text = line.replace(/^(\s*(?:- +)*)/, '')
  return { indent: line.length - text.length, key: /^["']?([\p{L}\p{N}_.]+)["']?:(?:\s|$)/u.exec(text)?.[1] ?? null, text }
}

function inBlock(text: string, from: number): Omit<Place, 'from'> {
  const lines = text.slice(0, from).split('\n')
  const last = lines.pop() ?? ''
  const here = blockLine(last)
  const path: string[] = []
  let field: string | null = null
  let indent = here.indent
  for (let i = lines.length - 1; i >= 0 && indent > 0; i -= 1) {
    const line = blockLine(lines[i] ?? '')
    if (line.text === '' || line.text.startsWith('#')) continue
    if (line.indent === here.indent && path.length === 0 && line.key === 'field') field ??= FIELD.exec(line.text)?.[1] ?? null
    if (line.indent >= indent || line.key === null) continue
    if (line.text.replace(/#.*$/, '').trim().endsWith(':')) path.unshift(line.key)
    indent = line.indent
  }
  const key = KEY.exec(last)?.[1] ?? (here.text === '' && /-\s*$/.test(last) ? (path.at(-1) ?? null) : null)
  return { path, key: listed(key, path) ? key : (KEY.exec(last)?.[1] ?? null), field: field ?? FIELD.exec(last)?.[1] ?? null }
}

/** Whether a dash on its own begins a plain value and not a mapping. */
const PLAIN_LISTS = new Set(['also_queues', 'tags', 'add', 'contains_any', 'in', 'not_in', 'one_of'])
const listed = (key: string | null, path: string[]): boolean => key !== null && key === path.at(-1) && PLAIN_LISTS.has(key)
