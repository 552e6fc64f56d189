import { BASE } from '../lib/base'
import type { Board } from '../api/routingTypes'
import type { Frame } from '../api/types'

export type Connection = 'connecting' | 'live' | 'waiting' | 'offline'

export interface SocketEvents {
  since: () => number
  onFrames: (frames: Frame[]) => void
  onReset: () => void
  onSignedOut: () => void
  onConnection: (state: Connection) => void
  onBoard: (board: Board) => void
}

const FLUSH_MS = 16
const SLOWEST_MS = 20_000
const STALE_MS = 60_000

/** Wait before try `n` (0 first): doubling from half a second, with jitter, at most 20 s. */
export function backoff(tries: number, random: number = Math.random()): number {
  return Math.min(SLOWEST_MS, 500 * 2 ** tries) * (0.5 + random / 2)
}

/** The one live socket: resumes after `since`, comes back by itself, ends only on `stop`. */
export class LiveSocket {
  private socket: WebSocket | null = null
  private tries = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private flushTimer: ReturnType<typeof setTimeout> | undefined
  private frames: Frame[] = []
  private lastHeard = 0
  private stopped = false

  constructor(private readonly events: SocketEvents) {
    addEventListener('online', this.now)
    addEventListener('offline', this.lost)
    document.addEventListener('visibilitychange', this.looked)
    this.connect()
  }

  stop(): void {
    this.stopped = true
    removeEventListener('online', this.now)
    removeEventListener('offline', this.lost)
    document.removeEventListener('visibilitychange', this.looked)
    clearTimeout(this.timer)
    clearTimeout(this.flushTimer)
    this.drop()
  }

  /** Connect at once, without waiting for the back-off. */
  now = (): void => {
    this.tries = 0
    this.drop()
    this.connect()
  }

  /** Ask something of the hub; lost while there is no line, so whoever wants it asks again on `live`. */
  say(frame: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame))
  }

  private lost = (): void => this.events.onConnection('offline')

  private looked = (): void => {
    const quiet = Date.now() - this.lastHeard > STALE_MS
    if (document.visibilityState === 'visible' && (quiet || !this.socket)) this.now()
  }

  private drop(): void {
    const old = this.socket
    this.socket = null
    if (!old) return
    old.onclose = old.onmessage = old.onerror = null
    old.close()
  }

  private connect(): void {
    if (this.stopped) return
    clearTimeout(this.timer)
    this.flush()
    this.events.onConnection(this.tries === 0 ? 'connecting' : 'waiting')
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const socket = new WebSocket(`${scheme}://${location.host}${BASE}/api/v1/live?since=${this.events.since()}`)
    this.socket = socket
    socket.onmessage = (message: MessageEvent<string>) => this.heard(JSON.parse(message.data) as Frame)
    socket.onclose = (event) => this.closed(event.code)
  }

  private closed(code: number): void {
    this.socket = null
    this.flush()
    if (this.stopped) return
    if (code === 4401) {
      this.events.onSignedOut()
      return
    }
    this.events.onConnection(navigator.onLine ? 'waiting' : 'offline')
    const wait = code === 4408 ? 0 : backoff(this.tries)
    this.tries += 1
    this.timer = setTimeout(() => this.connect(), wait)
  }

  private heard(frame: Frame): void {
    this.lastHeard = Date.now()
    if (frame.type === 'hello') {
      this.tries = 0
      this.events.onConnection('live')
      return
    }
    if (frame.type === 'reset') {
      this.frames = []
      this.drop()
      this.events.onReset()
      return
    }
    if (frame.type === 'board') {
      this.events.onBoard(frame)
      return
    }
    this.frames.push(frame)
    this.flushTimer ??= setTimeout(() => this.flush(), FLUSH_MS)
  }

  private flush(): void {
    clearTimeout(this.flushTimer)
    this.flushTimer = undefined
    if (this.frames.length === 0) return
    const frames = this.frames
    this.frames = []
    this.events.onFrames(frames)
  }
}
