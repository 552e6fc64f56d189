import { create } from 'zustand'
import type { ListFilter } from '../store/select'

/** What the list shows; kept for this tab, so that a reload looks the same. */
const KEY = 'hub.list'
const first: ListFilter = { view: 'mine', status: 'active', queue: null }

function load(): ListFilter {
  try {
    return { ...first, ...(JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Partial<ListFilter>) }
  } catch {
    return first
  }
}

export const useFilter = create<ListFilter>(load)

export function setFilter(change: Partial<ListFilter>): void {
  useFilter.setState(change)
  sessionStorage.setItem(KEY, JSON.stringify(useFilter.getState()))
}
