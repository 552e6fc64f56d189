/** What the browser keeps. Nothing is kept before a conversation starts. */

import type { Draft } from './types'

export class Store {
  constructor(readonly prefix: string) {}

  get(name: string): string {
    try {
      return localStorage.getItem(this.prefix + name) ?? ''
    } catch {
      return ''  // storage is off: the conversation lasts as long as the page
    }
  }

  set(name: string, value: string): void {
    try {
      if (value) localStorage.setItem(this.prefix + name, value)
      else localStorage.removeItem(this.prefix + name)
    } catch {
      // full or off, as above
    }
  }

  keep(draft: Draft): void {
    const { blobs: _, ...rest } = draft
    this.set('out:' + draft.id, JSON.stringify(rest))
  }

  forget(id: string): void {
    this.set('out:' + id, '')
  }

  /** What was written and never acknowledged, oldest first. */
  drafts(): Draft[] {
    const found: Draft[] = []
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(this.prefix + 'out:')) continue
        const draft = JSON.parse(localStorage.getItem(key) ?? '') as Omit<Draft, 'blobs'>
        if (draft.text || draft.files.length) found.push({ ...draft, blobs: [] })
      }
    } catch {
      return found
    }
    return found.sort((a, b) => a.at.localeCompare(b.at))
  }
}
