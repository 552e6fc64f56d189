import { IconMoonFilled } from '@tabler/icons-react'
import { memo } from 'react'
import type { Conversation, Id } from '../api/types'
import { useI18n } from '../i18n'
import { go, paths } from '../lib/router'
import type { Due } from '../promises/due'
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
  return <Link item={item} name={name} selected={selected} focused={focused} compact={compact} />
})

function Link({ item, name, selected, focused, compact }: Omit<Props, 'id'> & { item: Conversation; name: string }) {
  const { w } = useI18n()
  const { id } = item
  const { due, now } = useNextDue(item)
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
          {compact && due ? <DueClock due={due} now={now} /> : <span className={classes.age}><Age at={due && item.waiting_since ? item.waiting_since : item.last_at} /></span>}
        </span>
        <span className={classes.last}>
          {item.last_direction === 'out' && <span className={classes.mine}>{w.list.you}</span>}
          <span className={classes.words} dir="auto">{item.last_text || item.subject || w.list.noWords}</span>
        </span>
        {!compact && <Foot item={item} due={due} now={now} />}
      </span>
    </a>
  )
}

function Foot({ item, due, now }: { item: Conversation; due: Due | null; now: number }) {
  const { w } = useI18n()
  const mine = useHub((state) => item.agent !== null && item.agent.id === state.me?.agent?.id)
  const title = useQueueTitle(item.queue)
  const owed = item.status === 'open' && item.waiting_since !== null
  return (
    <span className={classes.foot}>
      {title && <bdi className={classes.queue}>{title}</bdi>}
      {due ? <DueClock due={due} now={now} /> : owed && item.waiting_since && <span className={classes.waiting}><Waiting since={item.waiting_since} /></span>}
      {!owed && item.status !== 'open' && <span>{w.status[item.status]}</span>}
      {item.agent && !mine && <span className={classes.agent} title={item.agent.name}><Face name={item.agent.name} size={16} />{!due && <bdi>{item.agent.name.split(' ')[0]}</bdi>}</span>}
    </span>
  )
}
