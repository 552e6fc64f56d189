import { IconMoonFilled } from '@tabler/icons-react'
import { memo } from 'react'
import type { Conversation, Id } from '../api/types'
import { useI18n } from '../i18n'
import { go, paths } from '../lib/router'
import { DueClock, useNextDue } from '../promises/DueClock'
import { useHub } from '../store/store'
import { ChannelIcon } from '../ui/ChannelIcon'
import { Face } from '../ui/Face'
import { nameOf } from '../ui/useName'
import { useQueueTitle } from '../ui/useQueueTitle'
import { Age, Waiting } from '../ui/When'
import classes from './Row.module.css'

interface Props {
  id: Id
  selected: boolean
  focused: boolean
  compact: boolean
}

/** One conversation in the list: who, when, where, the last words, whose it is. */
export const Row = memo(function Row({ id, selected, focused, compact }: Props) {
  const { w } = useI18n()
  const item = useHub((state) => state.conversations[id])
  if (!item) return null
  const name = nameOf(item.contact.name, w)
  return (
    <a
      href={paths.conversation(id)} className={classes.row} aria-current={selected ? 'true' : undefined} data-focused={focused || undefined}
      data-unread={item.unread || undefined} data-compact={compact || undefined} data-testid={`row-${id}`}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.button !== 0) return
        event.preventDefault()
        go(paths.conversation(id))
      }}
    >
      <span className={classes.dot}>{item.unread && <span className="hidden-text">{w.list.unread}</span>}</span>
      <span className={classes.face}>
        <Face name={name} size={compact ? 26 : 34} />
        <span className={classes.channel}><ChannelIcon kind={item.channel.kind} size={11} /></span>
      </span>
      <span className={classes.body}>
        <span className={classes.top}>
          <span className={classes.name}><bdi>{name}</bdi></span>
          {item.status === 'snoozed' && <IconMoonFilled size={11} className={classes.moon} aria-label={w.status.snoozed} />}
          <span className={classes.age}><Age at={item.last_at} /></span>
        </span>
        <span className={classes.last}>
          {item.last_direction === 'out' && <span className={classes.mine}>{w.list.you}</span>}
          <span className={classes.words} dir="auto">{item.last_text || item.subject || w.list.noWords}</span>
        </span>
        {!compact && <Foot item={item} />}
      </span>
    </a>
  )
})

function Foot({ item }: { item: Conversation }) {
  const { w } = useI18n()
  const mine = useHub((state) => item.agent !== null && item.agent.id === state.me?.agent?.id)
  const title = useQueueTitle(item.queue)
  const owed = item.status === 'open' && item.waiting_since !== null
  const { due, now } = useNextDue(item)
  return (
    <span className={classes.foot}>
      {title && <bdi className={classes.queue}>{title}</bdi>}
      {owed && item.waiting_since && <span className={classes.waiting}>{due ? <Age at={item.waiting_since} /> : <Waiting since={item.waiting_since} />}</span>}
      {due && <DueClock due={due} now={now} />}
      {!owed && item.status !== 'open' && <span>{w.status[item.status]}</span>}
      {item.agent && !mine && <span className={classes.agent}><Face name={item.agent.name} size={16} /><bdi title={item.agent.name}>{item.agent.name.split(' ')[0]}</bdi></span>}
    </span>
  )
}
