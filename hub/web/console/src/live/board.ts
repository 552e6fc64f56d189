import { useEffect } from 'react'
import { create } from 'zustand'
import { api } from '../api/calls'
import type { Board } from '../api/routingTypes'
import { useHub } from '../store/store'
import { can } from '../store/select'
import { say, useSession } from './session'

/** The board as last heard; `failed` if it could not even be fetched. */
export const useBoardStore = create<{ board: Board | null; failed: boolean }>(() => ({ board: null, failed: false }))

/** Without a frame for this long, the board is fetched. */
const QUIET_MS = 10_000
let watchers = 0
let heardAt = 0

export function heardBoard(board: Board): void {
  heardAt = Date.now()
  useBoardStore.setState({ board, failed: false })
}

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
  const timer = setInterval(() => Date.now() - heardAt > QUIET_MS && fetchBoard(), QUIET_MS)
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
