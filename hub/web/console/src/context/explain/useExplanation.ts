import { useEffect, useState } from 'react'
import { api } from '../../api/calls'
import type { Explanation } from '../../api/routingTypes'
import type { Conversation } from '../../api/types'
import { useSession } from '../../live/session'

/** The explanation of a conversation's present turn; fetched again when the turn moves on. */
export function useExplanation(conversation: Conversation): Explanation | null {
  const item = conversation.work_item
  const epoch = useSession((state) => state.epoch)
  const [found, setFound] = useState<Explanation | null>(null)
  const id = item?.id
  const stage = `${item?.state} ${item?.step} ${conversation.queue?.id} ${conversation.agent?.id} ${conversation.priority}`
  useEffect(() => {
    if (id === undefined) {
      setFound(null)
      return
    }
    let current = true
    api.explainItem(id).then((explanation) => current && setFound(explanation), () => current && setFound(null))
    return () => {
      current = false
    }
  }, [id, stage, epoch])
  return found && found.work_item.id === id ? found : null
}
