/** One WebSocket that comes back by itself: back-off doubling from 0.5 to 30 s, with jitter. */

import type { ServerFrame } from './types'

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
      this.#tries = 0
      if (socket === this.#socket) this.received(JSON.parse(data as string) as ServerFrame)
    }
    socket.onclose = () => {
      if (socket !== this.#socket) return
      this.#socket = undefined
      this.lost()
      if (this.#wanted) this.#later()
    }
  }

  #later(): void {
    const wait = Math.min(30_000, 500 * 2 ** this.#tries++)
    this.#timer = setTimeout(() => this.#connect(), wait * (0.5 + Math.random()))
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
