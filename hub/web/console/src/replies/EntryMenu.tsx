import { ActionIcon, Menu } from '@mantine/core'
import { IconArrowBackUp, IconArrowRight, IconArrowsSplit2, IconDots, IconHelp, IconScissors } from '@tabler/icons-react'
import { useState } from 'react'
import type { Entry, Id } from '../api/types'
import { ask } from '../composer/intent'
import { useI18n } from '../i18n'
import { can } from '../store/select'
import { useHub } from '../store/store'
import { moveEntry } from './actions'
import classes from './EntryMenu.module.css'
import { leftWithout } from './facts'
import { MoveDialog } from './MoveDialog'
import { WhyDialog } from './WhyDialog'

type Dialog = 'why' | 'move' | null

interface Props {
  entry: Entry
  conversation: Id
}

/** What can be done with one entry: answer it, ask why it is here, file it elsewhere. */
export function EntryMenu({ entry, conversation }: Props) {
  const { w } = useI18n()
  const [used, setUsed] = useState(false)
  // a timeline has hundreds of these, of which one is opened now and then
  if (used) return <Opened entry={entry} conversation={conversation} />
  return <ActionIcon {...look} aria-label={w.replies.menu} aria-haspopup="menu" onClick={() => setUsed(true)} data-testid={`menu-${entry.id}`}>{dots}</ActionIcon>
}

const look = { className: classes.open ?? '', variant: 'subtle', color: 'gray', size: 'sm' } as const
const dots = <IconDots size={15} aria-hidden />

function Opened({ entry, conversation }: Props) {
  const { w } = useI18n()
  const mayWork = useHub((state) => can(state.me, 'work'))
  const answerable = useHub((state) => {
    const here = state.conversations[conversation]
    return entry.kind === 'message' && entry.actor.kind !== 'hub' && here?.channel.name === entry.channel && state.details[conversation]?.recipients != null
  })
  const movable = mayWork && (entry.kind === 'message' || entry.kind === 'note')
  const left = useHub((state) => leftWithout(state.timelines[state.conversations[conversation]?.contact.id ?? entry.contact], conversation, entry.id))
  const [dialog, setDialog] = useState<Dialog>(null)
  const split = (later: boolean): void => void moveEntry(entry.id, conversation, { new: true, later }, w.replies.splitDone, w)
  return (
    <>
      <Menu defaultOpened position="bottom-start" width={270}>
        <Menu.Target>
          <ActionIcon {...look} aria-label={w.replies.menu} data-testid={`menu-${entry.id}`}>{dots}</ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mayWork && answerable && (
            <Menu.Item leftSection={<IconArrowBackUp size={15} className={classes.turned} />} onClick={() => ask({ conversation, mode: 'reply', answers: entry.id })} data-testid="answer-this">{w.replies.answerThis}</Menu.Item>
          )}
          <Menu.Item leftSection={<IconHelp size={15} />} onClick={() => setDialog('why')} data-testid="why-entry">{w.replies.whyHere}</Menu.Item>
          {movable && (
            <>
              <Menu.Divider />
              {left !== 'nothing' && (
                <Menu.Item leftSection={<IconArrowsSplit2 size={15} />} onClick={() => split(false)} data-testid="split">{w.replies.split}</Menu.Item>
              )}
              {left === 'earlier' && (
                <Menu.Item leftSection={<IconScissors size={15} />} onClick={() => split(true)} data-testid="split-later">{w.replies.splitLater}</Menu.Item>
              )}
              <Menu.Item leftSection={<IconArrowRight size={15} className={classes.turned} />} onClick={() => setDialog('move')} data-testid="move-entry">{w.replies.move}</Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog === 'why' && <WhyDialog entry={entry.id} mayUndo={mayWork} onClose={() => setDialog(null)} />}
      {dialog === 'move' && <MoveDialog entry={entry.id} conversation={conversation} onClose={() => setDialog(null)} />}
    </>
  )
}
