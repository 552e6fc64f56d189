import type { RefObject } from 'react'
import { useCallback, useLayoutEffect, useRef, useState } from 'react'

const NEAR = 80

interface Stick {
  scroller: RefObject<HTMLDivElement | null>
  content: RefObject<HTMLDivElement | null>
  atEnd: boolean
  toEnd: () => void
  keepPlace: (load: () => Promise<void>) => Promise<void>
}

/** Stay at the end while there; stay put while reading above it; keep the place when older ones load. */
export function useStickToEnd(last: string | number): Stick {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const sticking = useRef(true)
  const [atEnd, setAtEnd] = useState(true)

  const toEnd = useCallback(() => {
    sticking.current = true
    const box = scroller.current
    if (box) box.scrollTop = box.scrollHeight
  }, [])

  useLayoutEffect(() => {
    const box = scroller.current
    const inner = content.current
    if (!box || !inner) return
    const onScroll = (): void => {
      const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR
      sticking.current = near
      setAtEnd(near)
    }
    const onSize = (): void => {
      if (sticking.current) box.scrollTop = box.scrollHeight
    }
    box.addEventListener('scroll', onScroll, { passive: true })
    const observer = new ResizeObserver(onSize)
    observer.observe(inner)
    observer.observe(box)
    return () => {
      box.removeEventListener('scroll', onScroll)
      observer.disconnect()
    }
  }, [])

  useLayoutEffect(() => {
    if (sticking.current) toEnd()
  }, [last, toEnd])

  const keepPlace = useCallback(async (load: () => Promise<void>) => {
    const box = scroller.current
    if (!box) return
    const fromEnd = box.scrollHeight - box.scrollTop
    sticking.current = false
    await load()
    requestAnimationFrame(() => {
      box.scrollTop = box.scrollHeight - fromEnd
    })
  }, [])

  return { scroller, content, atEnd, toEnd, keepPlace }
}
