// No text for people outside the catalogues: looks through every .tsx for words in JSX and in spoken attributes.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'rolldown/utils'

const SPOKEN = new Set(['aria-label', 'title', 'placeholder', 'label', 'alt', 'description', 'error'])
const isWords = (text) => /\p{L}{2,}/u.test(text)

function* files(folder) {
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, item.name)
    if (item.isDirectory()) yield* files(path)
    else if (path.endsWith('.tsx')) yield path
  }
}

function literal(value) {
  if (value?.type === 'Literal') return typeof value.value === 'string' ? value.value : ''
  if (value?.type === 'JSXExpressionContainer') return literal(value.expression)
  if (value?.type === 'TemplateLiteral') return value.quasis.map((part) => part.value.raw).join('')
  return ''
}

function* walk(node) {
  if (!node || typeof node !== 'object') return
  if (Array.isArray(node)) {
    for (const item of node) yield* walk(item)
    return
  }
  if (typeof node.type === 'string') yield node
  for (const key in node) if (key !== 'parent') yield* walk(node[key])
}

function found(node) {
  if (node.type === 'JSXText') return node.value
  if (node.type === 'JSXExpressionContainer') return literal(node.expression)
  if (node.type === 'JSXAttribute' && SPOKEN.has(node.name.name)) return literal(node.value)
  return ''
}

let bad = 0
for (const path of files('src')) {
  const source = readFileSync(path, 'utf8')
  const { program, errors } = parseSync(path, source)
  if (errors.length) throw new Error(`${path}: ${errors[0].message}`)
  const attributes = new Set()
  for (const node of walk(program)) {
    if (node.type === 'JSXAttribute' && !SPOKEN.has(node.name.name)) attributes.add(node.value)
  }
  for (const node of walk(program)) {
    if (attributes.has(node) || !isWords(found(node))) continue
    const line = source.slice(0, node.start).split('\n').length
    console.error(`${path}:${line}: text outside the catalogue: ${found(node).trim()}`)
    bad += 1
  }
}
if (bad) process.exit(1)
