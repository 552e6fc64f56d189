import { useEffect, useState } from 'react'
import { api } from '../../api/calls'
import type { Explanation } from '../../api/routingTypes'
import type { Conversation, Id } from '../../api/types'
import { useSession } from '../../live/session'

/** The explanation of a conversation's present turn; fetched again when the turn moves on. */
export function useExplanation(conversation: Conversation): Explanation | null {
  const item = conversation.work_item
  const stage = `${item?.state} ${item?.step} ${conversation.queue?.id} ${conversation.agent?.id} ${conversation.priority}`
  return useExplained(item?.id, stage)
}

/** The explanation of a turn, anew with each `stage` it comes to; null until there is one. */
export function useExplained(id: Id | undefined, stage = ''): Explanation | null {
  const epoch = useSession((state) => state.epoch)
  const [found, setFound] = useState<Explanation | null>(null)
  useEffect(() => {
    if (id === undefined) return
    let current = true
    api.explainItem(id).then((explanation) => current && setFound(explanation), () => current && setFound(null))
    return () => {
      current = false
    }
  }, [id, stage, epoch])
  return found && found.work_item.id === id ? found : null
}
