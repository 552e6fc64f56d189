import { useEffect } from 'react'
import { create } from 'zustand'
import { api } from '../api/calls'
import type { Board } from '../api/routingTypes'
import { useHub } from '../store/store'
import { can } from '../store/select'
import { say, useSession } from './session'

/** The board as last heard; `failed` if it could not even be fetched. */
export const useBoardStore = create<{ board: Board | null; failed: boolean }>(() => ({ board: null, failed: false }))

/** The hub sends the board when it has changed; without a frame for this long it is fetched. */
const QUIET_MS = 30_000
const WITHOUT_LINE_MS = 5_000
let watchers = 0
let heardAt = 0

export function heardBoard(board: Partial<Board>): void {
  if (!isBoard(board)) return
  heardAt = Date.now()
  useBoardStore.setState({ board, failed: false })
}

/** A refusal comes as a frame of the same type. */
const isBoard = (found: Partial<Board>): found is Board => Array.isArray(found.queues) && Array.isArray(found.agents)

/** Again after every new connection: a socket starts without the board. */
export function askBoard(): void {
  if (watchers > 0) say({ type: 'board', on: true })
}

function fetchBoard(): void {
  api.board().then(heardBoard, () => useBoardStore.setState({ failed: true }))
}

function watch(): () => void {
  watchers += 1
  askBoard()
  fetchBoard()
  const timer = setInterval(() => {
    const most = useSession.getState().connection === 'live' ? QUIET_MS : WITHOUT_LINE_MS
    if (Date.now() - heardAt > most) fetchBoard()
  }, WITHOUT_LINE_MS)
  return () => {
    clearInterval(timer)
    watchers -= 1
    if (watchers === 0) say({ type: 'board', on: false })
  }
}

/** The live board, as long as somebody looks at it. */
export function useBoard(): { board: Board | null; lost: boolean } {
  const allowed = useHub((state) => can(state.me, 'move'))
  const { board, failed } = useBoardStore()
  const connection = useSession((state) => state.connection)
  useEffect(() => (allowed ? watch() : undefined), [allowed])
  return { board, lost: failed || connection === 'waiting' || connection === 'offline' }
}
