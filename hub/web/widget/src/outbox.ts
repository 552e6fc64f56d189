/** Messages on their way: kept until the hub has acknowledged them, sent one after the other. */

import type { Link } from './link'
import type { Store } from './store'
import type { Draft, FileRef } from './types'

const ACK_WITHIN = 10_000

/** The hub will never take it. */
export class Refusal extends Error {}

export class Outbox {
  drafts: Draft[] = []
  #busy = ''
  #uploading = false
  #timer = 0

  constructor(
    readonly link: Link,
    readonly store: Store,
    readonly ready: () => boolean,
    readonly upload: (file: File) => Promise<FileRef>,
    readonly changed: () => void,
  ) {}

  add(draft: Draft): void {
    this.drafts.push(draft)
    this.store.keep(draft)
    this.pump()
  }

  /** Send the oldest that waits; the next goes when it is acknowledged. */
  pump(): void {
    const draft = this.drafts.find(item => !item.refused)
    if (!this.ready() || this.#busy || !draft) return
    this.#busy = draft.id
    void this.#dispatch(draft)
  }

  async #dispatch(draft: Draft): Promise<void> {
    const { id, text, claims, files, blobs } = draft
    try {
      this.#uploading = true
      while (blobs[0]) {
        files.push(await this.upload(blobs[0]))
        blobs.shift()
        this.store.keep(draft)
      }
    } catch (error) {
      this.#uploading = false
      if (error instanceof Refusal) this.refuse(id, error.message)
      else this.again(id, 3)
      return
    }
    this.#uploading = false
    const frame = { type: 'message', id, text, claims, files: files.map(file => file.id) }
    if (!this.drafts.includes(draft)) {  // removed while it was uploaded
      this.free()
      return this.pump()
    }
    if (!this.ready() || !this.link.send(frame)) return this.free()
    this.#timer = setTimeout(() => this.link.restart(), ACK_WITHIN)
  }

  /** Nothing is on its way any more; an upload goes on over a lost line. */
  free(): void {
    clearTimeout(this.#timer)
    if (!this.#uploading) this.#busy = ''
  }

  /** Stored by the hub, or given up. */
  settle(id: string): Draft | undefined {
    const draft = this.drafts.find(item => item.id === id)
    this.drafts = this.drafts.filter(item => item !== draft)
    this.store.forget(id)
    if (this.#busy === id) this.free()
    return draft
  }

  /** Shown as not sent; the others go on. */
  refuse(id: string, reason: string): void {
    const draft = this.drafts.find(item => item.id === id)
    if (draft) draft.refused = reason || '?'
    this.store.forget(id)
    if (this.#busy === id) this.free()
    this.pump()
    this.changed()
  }

  /** The hub is busy or this visitor is too fast: a little later. */
  again(id: string, seconds: number): void {
    if (this.#busy !== id) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#busy = ''
      this.pump()
    }, seconds * 1000)
  }
}
