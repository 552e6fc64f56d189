import { Button } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { Conversation, Id } from '../api/types'
import { ask } from '../composer/intent'
import { Composer } from '../composer/Composer'
import { useI18n } from '../i18n'
import { useKeys } from '../lib/keys'
import { setPrefs, usePrefs } from '../lib/prefs'
import { go, paths } from '../lib/router'
import { useTyping } from '../live/typing'
import { useName } from '../ui/useName'
import { Empty } from '../ui/Empty'
import { Awaited } from '../ui/Awaited'
import classes from './ConversationPane.module.css'
import { Header } from './Header'
import { PriorityDialog } from './PriorityDialog'
import { useSeen } from './seen'
import { SnoozeDialog } from './SnoozeDialog'
import { Timeline } from './Timeline'
import { TransferDialog } from './TransferDialog'
import { useActions } from './useActions'
import { useConversation, useTimeline } from './useConversation'
import { WrapBars } from '../wrap/WrapBar'

interface Props {
  id: Id
  onContext: () => void
  contextShown: boolean
}

export type Dialog = 'transfer' | 'assign' | 'snooze' | 'priority' | null

/** The middle of the screen: who, the timeline, and the place to write. */
export function ConversationPane({ id, onContext, contextShown }: Props) {
  const { w } = useI18n()
  const { scope } = usePrefs()
  const { conversation, detail, missing, failed, retry } = useConversation(id)
  const timeline = useTimeline(conversation?.contact.id)
  const actions = useActions(conversation)
  const [dialog, setDialog] = useState<Dialog>(null)
  const [atEnd, setAtEnd] = useState(true)
  const entries = useMemo(
    () => (scope === 'matter' ? timeline.entries.filter((entry) => entry.conversation === id) : timeline.entries),
    [timeline.entries, scope, id],
  )
  useSeen(id, entries, atEnd, actions !== null && actions.canWork && (actions.mine || conversation?.agent === null))
  useConversationKeys(id, actions, setDialog)

  if (missing) return <Missing />
  if (!conversation || !actions) {
    return <section className={classes.pane} aria-busy={!failed} aria-label={w.conversation.label}><Awaited failed={failed} onRetry={retry} /></section>
  }
  return (
    <section className={classes.pane} aria-label={w.conversation.label} data-testid="conversation">
      <Header
        conversation={conversation} actions={actions} scope={scope} onScope={(next) => setPrefs({ scope: next })}
        onDialog={setDialog} onContext={onContext} contextShown={contextShown}
      />
      <Timeline conversation={conversation} entries={entries} view={timeline} wholePerson={scope === 'person'} onAtEnd={setAtEnd} />
      <TypingLine conversation={conversation} />
      <WrapBars open={id} />
      <Composer conversation={conversation} detail={detail} actions={actions} />
      <TransferDialog kind={dialog === 'transfer' || dialog === 'assign' ? dialog : null} conversation={conversation} actions={actions} onClose={() => setDialog(null)} />
      <PriorityDialog opened={dialog === 'priority'} now={conversation.priority} onClose={() => setDialog(null)} onChoose={(seconds) => actions.prioritise?.(seconds)} />
      <SnoozeDialog opened={dialog === 'snooze'} onClose={() => setDialog(null)} onSnooze={actions.snooze} />
    </section>
  )
}

/** Not there, or not theirs: the way back is in sight, on a phone too. */
function Missing() {
  const { w } = useI18n()
  return (
    <section className={classes.pane}>
      <Empty title={w.conversation.missing}>
        <Button variant="default" mt="sm" onClick={() => go(paths.inbox)}>{w.conversation.toInbox}</Button>
      </Empty>
    </section>
  )
}

function useConversationKeys(id: Id, actions: ReturnType<typeof useActions>, open: (dialog: Dialog) => void): void {
  const moves = actions?.canMove ?? false
  const closed = actions?.closed ?? false
  useKeys({
    KeyR: () => ask({ conversation: id, mode: 'reply' }),
    Slash: () => ask({ conversation: id, mode: 'reply', canned: true }),
    KeyN: () => ask({ conversation: id, mode: 'note' }),
    KeyT: () => moves && !closed && open('transfer'),
    KeyA: () => moves && !closed && open('assign'),
    KeyS: () => moves && !closed && open('snooze'),
    KeyE: () => moves && (closed ? actions?.reopen() : actions?.resolve()),
    KeyY: () => actions?.canTake && actions.take(),
    Escape: () => go(paths.inbox),
  })
}

/** Says who is typing; the signal of a customer names nobody. */
function TypingLine({ conversation }: { conversation: Conversation }) {
  const { w } = useI18n()
  const typing = useTyping((state) => state[conversation.id])
  const name = useName(conversation.contact.name)
  return <div className={classes.typing} aria-live="off">{typing && w.conversation.typing(typing.who === 'customer' ? name : typing.who)}</div>
}
