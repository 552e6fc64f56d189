import type { KeyboardEvent } from 'react'
import { useEffect, useMemo, useState } from 'react'
import { api } from '../../api/calls'
import type { Template } from '../../api/outreachTypes'
import type { Id } from '../../api/types'
import { useI18n } from '../../i18n'
import { showProblem } from '../../lib/problem'
import { change, write } from '../drafts'
import { loadCatalogue, matching, slashQuery, useCatalogue } from './catalogue'

export interface CannedState {
  shown: boolean
  items: Template[]
  active: number
  setActive: (index: number) => void
  pick: (item: Template) => void
  /** Whether the key was for the list. */
  onKey: (event: KeyboardEvent) => boolean
}

/** Canned replies after a `/` at the beginning of an answer. */
export function useCanned(id: Id, text: string, channel: Id | undefined, reply: boolean): CannedState {
  const { w } = useI18n()
  const [active, setActive] = useState(0)
  const [closed, setClosed] = useState(false)
  const { items, loaded } = useCatalogue()
  const query = reply ? slashQuery(text) : null
  const looking = query !== null
  const found = useMemo(() => (query === null ? [] : matching(items, query)), [items, query])

  useEffect(() => {
    if (!looking) setClosed(false)
    else loadCatalogue().catch((error: unknown) => showProblem(error, w))
  }, [looking, w])
  useEffect(() => setActive(0), [query])
  const needed = text.includes('{{') && !loaded
  useEffect(() => {
    if (needed) void loadCatalogue().catch(() => undefined)
  }, [needed])

  function pick(item: Template): void {
    api.fillTemplate(item.name, channel === undefined ? { conversation: id } : { conversation: id, channel }).then(
      (filled) => {
        write(id, filled.text)
        change(id, { designed: filled.html ? { text: filled.text, html: filled.html } : null })
      },
      (error: unknown) => showProblem(error, w),
    )
  }
  const shown = looking && !closed
  function onKey(event: KeyboardEvent): boolean {
    if (!shown) return false
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.code]
    const item = found[active]
    if (step !== undefined && found.length) setActive((active + step + found.length) % found.length)
    else if ((event.code === 'Enter' || event.code === 'Tab') && !event.ctrlKey && !event.metaKey && item) pick(item)
    else if (event.code === 'Escape') setClosed(true)
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
  return { shown, items: found, active, setActive, pick, onKey }
}
