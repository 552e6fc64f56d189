import { useCallback } from 'react'
import { useI18n } from '../i18n'
import { hub } from '../store/store'
import { queueTitle } from '../store/titles'

/** A queue's title by its name, as decisions hold names. */
export function useTitleByName(): (name: string) => string {
  const { f } = useI18n()
  return useCallback((name: string) => {
    const queue = Object.values(hub().queues).find((item) => item.name === name)
    return queue ? queueTitle(queue, f.language) : name
  }, [f.language])
}
