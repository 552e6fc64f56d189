/** The conversation: what is known, what is on its way, what is asked first. No markup here. */

import { Link } from './link'
import { Outbox, Refusal } from './outbox'
import { Store } from './store'
import type { About, Entry, Field, FileRef, Identity, Queue, ServerFrame } from './types'

const TYPING_EVERY = 3_000
const TYPING_LASTS = 6_000
const AWAY_LONG = 60_000

/** A question before the first message; no answer yet while undefined, '' if skipped. */
export interface Ask {
  field: Field
  answer?: string
}

export class Chat {
  entries: Entry[] = []
  asks: Ask[] = []
  /** The conversation begins on this page: it is greeted. */
  fresh = true
  online: boolean | undefined  // not until it is known
  #welcomed = false
  opened = false
  sound = false
  typing: string | null = null
  readUpto = 0
  seen = 0
  problem = ''
  queue: Queue | undefined
  /** Of the matter, to be said on the phone. */
  code = ''
  /** There are earlier entries; null while they are fetched. */
  more: boolean | null | undefined = false

  readonly outbox: Outbox
  readonly #link: Link
  readonly #store: Store
  #token = ''
  #identity: Identity | undefined
  #started = false
  #typingTimer = 0
  #typedAt = 0
  #acked = 0
  #told = 0
  #hiddenAt = 0

  constructor(
    readonly hub: string,
    readonly channel: string,
    readonly language: string,
    readonly about: About,
    readonly changed: () => void,
    readonly chime: () => void,
  ) {
    this.#store = new Store(`hub-chat:${hub.replace(/^https?:\/\//, '')}/${channel}:`)
    this.#link = new Link(
      `${hub.replace(/^http/, 'ws')}/chat/${channel}`,
      () => this.#hello(),
      frame => this.#receive(frame),
      () => this.#lost(),
    )
    this.outbox = new Outbox(
      this.#link, this.#store, () => !!this.online, file => this.#upload(file), changed,
    )
    this.#token = this.#store.get('visitor')
    if (this.#token) this.#resume()
    document.addEventListener('visibilitychange', () => this.#visibility())
    addEventListener('pagehide', () => this.#link.send({ type: 'left' }))
    addEventListener('pageshow', event => event.persisted && this.#link.restart())
    addEventListener('online', () => this.#link.restart())
  }

  #resume(): void {
    this.#started = true
    this.seen = +this.#store.get('seen')
    this.sound = !!this.#store.get('sound')
    this.outbox.drafts = this.#store.drafts()
    this.#link.start()
  }

  // ------------------------------------------------------------ what the page and the panel do

  get unread(): number {
    return this.entries.filter(entry => entry.direction === 'out' && entry.id > this.seen).length
  }

  get #newest(): number {
    return Math.floor(this.entries.at(-1)?.id ?? 0)
  }

  /** The question to answer now, if any. */
  get asking(): Ask | undefined {
    return this.asks.find(ask => ask.answer === undefined)
  }

  identify(identity: Identity | undefined): void {
    this.#identity = identity
    this.#link.restart()
  }

  open(opened: boolean): void {
    this.opened = opened
    if (opened) this.#link.start()
    else if (!this.#started) this.#link.stop()
    this.look()
  }

  setSound(on: boolean): void {
    this.sound = on
    if (this.#started) this.#store.set('sound', on ? '1' : '')
    this.changed()
  }

  /** What is on the screen counts as read. */
  look(): void {
    const newest = this.#newest
    if (this.opened && !document.hidden && newest > this.#told) {
      if (newest > this.seen) this.seen = newest
      if (this.#started) this.#store.set('seen', `${this.seen}`)
      if (this.#link.send({ type: 'read', upto: newest })) this.#told = newest
    }
    this.changed()
  }

  answer(text: string): void {
    const ask = this.asking
    if (!ask) return
    ask.answer = text
    if (ask.field === 'question' && text) this.say(text, [])
    this.changed()
  }

  say(text: string, blobs: File[]): void {
    const claims: Record<string, string> = {}
    for (const { field, answer } of this.asks) if (answer) claims[field] = answer
    const id = `${Date.now()}-${Math.random().toString(36).slice(2)}`
    this.#start()
    this.#typedAt = 0 // the next one's typing is news again
    this.outbox.add({ id, text, at: new Date().toISOString(), claims, files: [], blobs })
    this.changed()
  }

  typed(): void {
    if (Date.now() - this.#typedAt < TYPING_EVERY) return
    this.#typedAt = Date.now()
    this.#link.send({ type: 'typing' })
  }

  discard(id: string): void {
    this.outbox.settle(id)
    this.outbox.pump()
    this.changed()
  }

  // ------------------------------------------------------------ the line

  /** The first message: from now on this browser remembers. */
  #start(): void {
    if (this.#started) return
    this.#started = true
    const other = this.#store.get('visitor')  // another tab was first
    if (other && other !== this.#token) {
      this.#token = other
      this.#link.restart()
    } else {
      this.#store.set('visitor', this.#token)
    }
    this.#store.set('sound', this.sound ? '1' : '')
  }

  #hello(): void {
    const page = location.origin + location.pathname
    this.#link.send({
      type: 'hello',
      visitor: this.#token || null,
      since: this.#newest || null,
      claims: { page: page.slice(0, 2_000), language: this.language },
      identity: this.#identity,
    })
    if (document.hidden) this.#link.send({ type: 'away' })
  }

  #lost(): void {
    this.online = false
    this.outbox.free()
    this.changed()
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'hello': return this.#welcome(frame)
      case 'ack': return this.#acknowledged(frame.id, frame.entry)
      case 'message': return this.#arrived(frame.entry)
      case 'receipt':
        this.readUpto = Math.max(this.readUpto, frame.upto)
        return this.changed()
      case 'typing': return this.#writes(frame.name)
      case 'queue':
        this.queue = frame
        return this.changed()
      case 'code':
        this.code = frame.code
        return this.changed()
      case 'error': return this.#error(frame)
    }
  }

  #welcome({ visitor: token, entries, chat: about, more }: Extract<ServerFrame, { type: 'hello' }>): void {
    if (this.#token && !sameVisitor(token, this.#token)) this.entries = []
    if (!this.entries.length) this.more = more
    this.#token = token
    if (this.#started) this.#store.set('visitor', token)
    Object.assign(this.about, about)
    for (const entry of entries) this.#add(entry)
    if (!this.#welcomed && this.entries.length) this.fresh = false
    if (!this.#welcomed && this.fresh && !this.#started && !this.#identity) {
      this.asks = about.prechat.map(field => ({ field }))
    }
    this.online = this.#welcomed = true
    this.queue = undefined // what holds now follows
    this.#told = 0
    this.#confirm()
    this.outbox.pump()
    this.look()
  }

  #arrived(entry: Entry): void {
    this.#add(entry)
    if (entry.direction === 'out') {
      this.typing = null
      if (this.sound && (document.hidden || !this.opened)) this.chime()
    }
    this.#confirm()
    this.look()
  }

  /** Say what has arrived, so that the agent sees it delivered. */
  #confirm(): void {
    const newest = this.#newest
    if (newest > this.#acked && this.#link.send({ type: 'ack', upto: newest })) this.#acked = newest
  }

  #add(entry: Entry): void {
    if (entry.client_id) this.outbox.settle(entry.client_id)
    const others = this.entries.filter(
      known => known.id !== entry.id && !(entry.client_id && known.client_id === entry.client_id),
    )
    this.entries = [...others, entry].sort((a, b) => a.id - b.id)
  }

  #writes(name: string): void {
    this.typing = name
    clearTimeout(this.#typingTimer)
    this.#typingTimer = setTimeout(() => {
      this.typing = null
      this.changed()
    }, TYPING_LASTS)
    this.changed()
  }

  #visibility(): void {
    this.#link.send({ type: document.hidden ? 'away' : 'here' })
    if (document.hidden) this.#hiddenAt = Date.now()
    else if (Date.now() - this.#hiddenAt > AWAY_LONG) this.#link.restart()
    this.look()
  }

  /** Fetch what was said before. */
  async earlier(): Promise<void> {
    if (!this.more) return
    this.more = null
    const page: { entries?: Entry[]; more?: boolean } = await fetch(
      `${this.hub}/chat/${this.channel}/entries?before=${this.entries[0]!.id}`,
      { credentials: 'omit', headers: { 'X-Visitor': this.#token } },
    ).then(response => response.json(), () => ({ more: true }))
    for (const entry of page.entries ?? []) this.#add(entry)
    this.more = page.more
    this.changed()
  }

  async #upload(file: File): Promise<FileRef> {
    const name = encodeURIComponent(file.name || 'file')
    const response = await fetch(`${this.hub}/chat/${this.channel}/files?name=${name}`, {
      method: 'POST',
      credentials: 'omit',
      headers: {
        'X-Visitor': this.#token,
        'Content-Type': file.type || 'application/octet-stream',
      },
      body: file,
    })
    if (response.ok) return (await response.json()) as FileRef
    const { status } = response
    if (status < 500 && status !== 429 && status !== 401) {
      throw new Refusal(((await response.json()) as { detail?: string }).detail ?? '')
    }
    throw new Error(`${status}`)
  }

  #acknowledged(id: string, entry: number | null): void {
    const draft = this.outbox.settle(id)
    if (draft) {
      const { text, at, files } = draft
      const known = entry ?? this.#newest + 0.5  // held by the hub, to be filed later
      this.#add({ id: known, direction: 'in', text, at, files, client_id: id })
    }
    this.outbox.pump()
    this.look()
  }

  #error(frame: Extract<ServerFrame, { type: 'error' }>): void {
    const { code, field = '', reason = '', id } = frame
    if (code === 'refused') {
      if (field === 'visitor') {
        this.#token = ''
        this.#store.set('visitor', '')
        this.entries = []
      } else {
        this.#identity = undefined
      }
      console.warn(`chat: ${field}: ${reason}`)
    } else if (id && code === 'invalid') {
      this.outbox.refuse(id, reason)
    } else if (id) {
      this.outbox.again(id, frame.retry_after ?? 5)
    }
  }
}

/** A token may change (signed for a user); the visitor is what stands before the first dot. */
const sameVisitor = (a: string, b: string): boolean => a.split('.')[0] === b.split('.')[0]
