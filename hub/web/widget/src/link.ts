/** One WebSocket that comes back by itself: back-off doubling from 0.5 to 30 s, with jitter. */

import type { ServerFrame } from './types'

const FORGED = 4401

export class Link {
  #socket: WebSocket | undefined
  #timer = 0
  #tries = 0
  #wanted = false

  constructor(
    readonly url: string,
    readonly opened: () => void,
    readonly received: (frame: ServerFrame) => void,
    readonly lost: () => void,
  ) {}

  get wanted(): boolean {
    return this.#wanted
  }

  start(): void {
    this.#wanted = true
    if (!this.#socket) this.#connect()
  }

  stop(): void {
    this.#wanted = false
    this.#drop()
  }

  /** The line may be dead without anybody having said so: begin again, now. */
  restart(): void {
    if (!this.#wanted) return
    this.#drop()
    this.#connect()
  }

  /** The other side has answered: the next loss starts with a short wait. */
  settled(): void {
    this.#tries = 0
  }

  send(frame: object): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  #connect(): void {
    clearTimeout(this.#timer)
    const socket = (this.#socket = new WebSocket(this.url))
    socket.onopen = () => this.opened()
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.received(JSON.parse(data as string) as ServerFrame)
    }
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return
      this.#socket = undefined
      this.lost()
      if (this.#wanted) this.#later(code)
    }
  }

  #later(code: number): void {
    const most = code === FORGED && !this.#tries ? 0 : 500 * 2 ** Math.min(this.#tries, 6)
    this.#tries++
    this.#timer = setTimeout(() => this.#connect(), Math.min(30_000, most) * (0.5 + Math.random()))
  }

  #drop(): void {
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = undefined
    if (socket) {
      socket.close(1000)
      this.lost()
    }
  }
}
