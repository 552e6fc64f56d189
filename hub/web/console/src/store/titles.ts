import type { Queue, Ref } from '../api/types'
import type { HubState } from './state'

/** A queue's title in the reader's language, else in any, else its name. */
export function queueTitle(queue: Pick<Queue, 'name' | 'title'>, language: string): string {
  return queue.title[language] || Object.values(queue.title)[0] || queue.name
}

export function refTitle(state: HubState, ref: Ref, language: string): string {
  const queue = state.queues[ref.id]
  return queue ? queueTitle(queue, language) : ref.name
}
