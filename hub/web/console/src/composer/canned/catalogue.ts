import { create } from 'zustand'
import { api } from '../../api/calls'
import type { Template, Variable } from '../../api/outreachTypes'

interface Catalogue {
  items: Template[]
  variables: Record<string, Variable>
  loaded: boolean
}

/** Templates and what they may name, as last heard of the hub. */
export const useCatalogue = create<Catalogue>(() => ({ items: [], variables: {}, loaded: false }))

export async function loadCatalogue(): Promise<void> {
  const { items, catalogue } = await api.templates()
  useCatalogue.setState({ items, variables: catalogue, loaded: true })
}

const VARIABLE = /\{\{\s*([a-z][a-z0-9_.]*)\s*\}\}/g

/** The catalogue's own name of a variable: `claims.order` is `claims.*`. Null: not one of ours. */
export function catalogueName(name: string, variables: Record<string, Variable>): string | null {
  if (name in variables) return name.endsWith('*') ? null : name
  return Object.keys(variables).find((one) => one.endsWith('*') && name.startsWith(one.slice(0, -1)) && name.length >= one.length) ?? null
}

/** What still has to be filled in before a text can go, each once. */
export function missingIn(text: string, variables: Record<string, Variable>): string[] {
  if (!text.includes('{{')) return []
  const names = [...text.matchAll(VARIABLE)].map((match) => match[1] ?? '').filter((name) => catalogueName(name, variables) !== null)
  return [...new Set(names)]
}

/** The text with a value in place of a variable, wherever it stands. */
export const filledIn = (text: string, name: string, value: string): string =>
  text.replace(VARIABLE, (whole, found: string) => (found === name ? value : whole))

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char] ?? char)

/** What follows a lone `/` at the beginning: the search for a canned reply; null: none is looked for. */
export function slashQuery(text: string): string | null {
  const found = /^\/([^\n/]{0,40})$/.exec(text)
  return found ? (found[1] ?? '') : null
}

/** Those offered to who writes, whose name or words have the query in them; names first. */
export function matching(items: readonly Template[], query: string): Template[] {
  const wanted = query.trim().toLocaleLowerCase()
  const offered = items.filter((item) => item.canned)
  if (!wanted) return offered
  const named = offered.filter((item) => item.name.includes(wanted))
  const said = offered.filter((item) => !named.includes(item) && Object.values(item.texts).some((text) => text.text.toLocaleLowerCase().includes(wanted)))
  return [...named, ...said]
}
