import { useMemo } from 'react'
import type { Queue } from '../../api/types'
import { useI18n } from '../../i18n'
import { queueTitle } from '../../store/titles'
import { useHub } from '../../store/store'

export interface QueueNames {
  /** Every queue as a choice: by name, called by its title. */
  choices: { value: string; label: string }[]
  /** The title of the queue of that name. */
  title: (name: string) => string
}

export function useQueueNames(): QueueNames {
  const { f } = useI18n()
  const queues = useHub((state) => state.queues)
  return useMemo(() => {
    const all = Object.values(queues).filter((one): one is Queue => one !== undefined)
    const titles = new Map(all.map((one) => [one.name, queueTitle(one, f.language)]))
    return {
      choices: all.map((one) => ({ value: one.name, label: titles.get(one.name) ?? one.name })),
      title: (name) => titles.get(name) ?? name,
    }
  }, [queues, f.language])
}
