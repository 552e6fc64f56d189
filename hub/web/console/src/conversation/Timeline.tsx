import { Button, UnstyledButton } from '@mantine/core'
import { IconArrowDown } from '@tabler/icons-react'
import { useEffect, useMemo } from 'react'
import type { Conversation, Entry } from '../api/types'
import { useI18n } from '../i18n'
import { useOutbox } from '../store/outbox'
import { Awaited } from '../ui/Awaited'
import { Blocks } from './Blocks'
import { PendingBubble } from './PendingBubble'
import classes from './Timeline.module.css'
import type { TimelineView } from './useConversation'
import { useStickToEnd } from './useStickToEnd'

interface Props {
  conversation: Conversation
  entries: Entry[]
  view: TimelineView
  wholePerson: boolean
  onAtEnd: (atEnd: boolean) => void
}

/** At least this many of a matter's entries are looked for in older pages by itself. */
const ENOUGH = 12

export function Timeline({ conversation, entries, view, wholePerson, onAtEnd }: Props) {
  const { w } = useI18n()
  const { loading, older, loadOlder } = view
  const all = useOutbox((state) => state.items)
  const pending = useMemo(() => {
    const confirmed = new Set(entries.map((entry) => entry.client_key))
    return all.filter((item) => item.conversation === conversation.id && !confirmed.has(item.key))
  }, [all, entries, conversation.id])
  const last = pending.at(-1)?.key ?? entries.at(-1)?.id ?? 0
  const { scroller, content, atEnd, toEnd, keepPlace } = useStickToEnd(last)

  useEffect(() => onAtEnd(atEnd), [atEnd, onAtEnd])
  useEffect(() => {
    if (!loading && older && entries.length < ENOUGH) void loadOlder()
  }, [loading, older, entries.length, loadOlder])

  return (
    <div className={classes.frame}>
      <div ref={scroller} className={classes.scroll} tabIndex={0} role="log" aria-live="off" aria-label={w.conversation.label} data-testid="timeline">
        <div ref={content} className={classes.content}>
          {older && (
            <Button variant="subtle" color="gray" size="xs" className={classes.older} onClick={() => void keepPlace(loadOlder)}>{w.conversation.older}</Button>
          )}
          {!older && !loading && <div className={classes.begin}>{w.conversation.begin}</div>}
          {loading && <Awaited failed={view.failed} onRetry={view.retry} />}
          <Blocks entries={entries} current={conversation.id} matters={wholePerson} />
          {pending.map((item) => <PendingBubble key={item.key} item={item} />)}
        </div>
      </div>
      {!atEnd && (
        <UnstyledButton className={classes.below} onClick={toEnd} aria-label={w.conversation.newBelow} data-testid="to-end">
          <IconArrowDown size={16} aria-hidden />
        </UnstyledButton>
      )}
    </div>
  )
}
