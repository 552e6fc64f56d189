import { useSyncExternalStore } from 'react'

function ticker(everyMs: number) {
  let now = Date.now()
  let timer: ReturnType<typeof setInterval> | undefined
  const listeners = new Set<() => void>()
  const tick = (): void => {
    now = Date.now()
    listeners.forEach((listener) => listener())
  }
  return {
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      timer ??= setInterval(tick, everyMs)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
    read: (): number => (timer === undefined ? (now = Date.now() - (Date.now() % everyMs)) : now),
  }
}

const slow = ticker(20_000)
const fast = ticker(1_000)

/** Now, to about 20 s: for ages. One timer serves every row. */
export const useNow = (): number => useSyncExternalStore(slow.subscribe, slow.read)

/** Now, to the second: for countdowns. */
export const useSecond = (): number => useSyncExternalStore(fast.subscribe, fast.read)
