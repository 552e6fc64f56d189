import { Button } from '@mantine/core'
import { IconHash } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Conversation, Entry, Id } from '../api/types'
import { useI18n } from '../i18n'
import { go, paths } from '../lib/router'
import { moveEntry } from '../replies/actions'
import { addConversations } from '../store/reduce'
import { can } from '../store/select'
import { update, useHub } from '../store/store'
import { nameOf } from '../ui/useName'
import classes from './Suggested.module.css'

interface Suggestion {
  conversation: Id
  code: string
}

/** What a message names by tracking code, where its writer is somebody else than the matter's person. */
export function suggestionOf(entry: Entry): Suggestion | null {
  return entry.data.suggests ?? null
}

/** A suggestion to the agent, and nothing more: the matter itself stays where it is. */
export function Suggested({ entry, suggestion }: { entry: Entry; suggestion: Suggestion }) {
  const { w } = useI18n()
  const mayMove = useHub((state) => can(state.me, 'work'))
  const matter = useMatter(suggestion.conversation)
  return (
    <div className={classes.suggested} data-testid="suggested">
      <IconHash size={14} stroke={1.8} className={classes.icon} aria-hidden />
      <span className={classes.text}>
        <bdi>{w.tracking.names(suggestion.code)}</bdi>{': '}
        <bdi>{matter ? w.tracking.of(nameOf(matter.contact.name, w), matter.subject) : w.tracking.hidden}</bdi>
      </span>
      {matter && (
        <span className={classes.acts}>
          <Button size="compact-xs" variant="light" onClick={() => go(paths.conversation(matter.id))}>{w.tracking.open}</Button>
          {mayMove && entry.conversation !== null && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => void moveEntry(entry.id, entry.conversation ?? 0, { conversation: matter.id, later: false }, w.replies.moveDone(matter.subject), w)} data-testid="move-there">{w.tracking.move}</Button>
          )}
        </span>
      )}
    </div>
  )
}

/** The matter, if it is ours to see. */
function useMatter(id: Id): Conversation | undefined {
  const known = useHub((state) => state.conversations[id])
  const [asked, setAsked] = useState(false)
  useEffect(() => {
    if (known || asked) return
    setAsked(true)
    api.conversation(id).then((found) => update((state) => addConversations(state, [found])), () => undefined)
  }, [id, known, asked])
  return known
}
