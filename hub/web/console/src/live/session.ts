import { create } from 'zustand'
import { ApiError, onSignedOut, setCsrf } from '../api/http'
import { api } from '../api/calls'
import type { Frame } from '../api/types'
import { applyFrames, fromSnapshot } from '../store/reduce'
import { forget, hub, update } from '../store/store'
import { askBoard, heardBoard } from './board'
import { noticed } from './effects'
import type { Connection } from './socket'
import { LiveSocket } from './socket'
import { typed } from './typing'

export type Phase = 'starting' | 'out' | 'in' | 'failed'

interface Session {
  phase: Phase
  /** The session ended by itself, not by signing out. */
  ended: boolean
  connection: Connection
  /** Grows with every snapshot: open screens fetch again what they need besides. */
  epoch: number
}

export const useSession = create<Session>(() => ({ phase: 'starting', ended: false, connection: 'connecting', epoch: 0 }))

const set = (change: Partial<Session>): void => useSession.setState(change)
let socket: LiveSocket | null = null

async function refresh(): Promise<void> {
  const snapshot = await api.snapshot()
  setCsrf(snapshot.me.csrf)
  update((state) => fromSnapshot(state, snapshot))
  set({ phase: 'in', ended: false, epoch: useSession.getState().epoch + 1 })
}

function onFrames(frames: Frame[]): void {
  const before = hub()
  update((state) => applyFrames(state, frames))
  typed(frames)
  noticed(frames, before, hub())
}

function onReset(): void {
  refresh().then(() => socket?.now(), onRefused)
}

function listen(): void {
  socket?.stop()
  socket = new LiveSocket({
    // One before ours: an event may show as two frames, and the line may have broken between them.
    since: () => Math.max(0, hub().seq - 1),
    onFrames,
    onReset,
    onSignedOut: signedOut,
    onConnection: (connection) => {
      set({ connection })
      if (connection === 'live') askBoard()
    },
    onBoard: heardBoard,
  })
}

function signedOut(): void {
  const was = useSession.getState().phase
  socket?.stop()
  socket = null
  forget()
  set({ phase: 'out', ended: was === 'in' })
}

function onRefused(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) signedOut()
  else if (useSession.getState().phase !== 'in') set({ phase: 'failed' })
  else setTimeout(onReset, 3000)
}

/** Take the snapshot, then follow it live. Called at start and after signing in. */
export async function start(): Promise<void> {
  onSignedOut(signedOut)
  set({ phase: useSession.getState().phase === 'out' ? 'out' : 'starting' })
  try {
    await refresh()
    listen()
  } catch (error) {
    onRefused(error)
  }
}

export async function signOut(): Promise<void> {
  await api.signOut().catch(() => undefined)
  signedOut()
  set({ ended: false })
}

/** One frame to the hub, if the line is there. */
export function say(frame: object): void {
  socket?.say(frame)
}

export function connectNow(): void {
  socket?.now()
}
