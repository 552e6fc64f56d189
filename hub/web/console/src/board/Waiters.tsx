import { useEffect, useMemo } from 'react'
import { api } from '../api/calls'
import type { BoardQueue } from '../api/routingTypes'
import type { Conversation } from '../api/types'
import { useI18n } from '../i18n'
import { DueClock, useNextDue } from '../promises/DueClock'
import { headStart } from '../promises/headStart'
import { addConversations } from '../store/reduce'
import { isWaiting, longest } from '../store/select'
import { update, useHub } from '../store/store'
import { queueTitle } from '../store/titles'
import { ChannelIcon } from '../ui/ChannelIcon'
import { PlainLink } from '../ui/PlainLink'
import { nameOf } from '../ui/useName'
import { Waiting } from '../ui/When'
import { paths } from '../lib/router'
import classes from './Items.module.css'
import { ItemActs } from './ItemActs'

/** What waits in a queue, the next one on top, with what a supervisor can do about it. */
export function Waiters({ queue }: { queue: BoardQueue }) {
  const { w, f } = useI18n()
  const conversations = useHub((state) => state.conversations)
  const { name, id, waiting } = queue
  useEffect(() => {
    api.conversations({ view: 'all', queue: name }).then((page) => update((state) => addConversations(state, page.items)), () => undefined)
  }, [name, waiting])
  const items = useMemo(() => Object.values(conversations).filter((item) => item.queue?.id === id && isWaiting(item)).sort(longest), [conversations, id])
  if (items.length === 0) return <p className={classes.none}>{w.board.nobodyWaits}</p>
  return (
    <ul className={classes.items} aria-label={w.board.waitingItems(queueTitle(queue, f.language))}>
      {items.map((item) => <Waiter key={item.id} item={item} />)}
    </ul>
  )
}

function Waiter({ item }: { item: Conversation }) {
  const i18n = useI18n()
  const { w } = i18n
  const name = nameOf(item.contact.name, w)
  const { due, now } = useNextDue(item)
  const start = headStart(item.priority, i18n)
  return (
    <li className={classes.item} data-testid={`waiter-${item.id}`}>
      <ChannelIcon kind={item.channel.kind} size={15} />
      <PlainLink to={paths.conversation(item.id)} className={classes.name}><bdi>{name}</bdi></PlainLink>
      <span className={classes.last} dir="auto">{item.last_text || item.subject || w.list.noWords}</span>
      <span className={classes.clocks}>
        {start && <span className={classes.dim}>{start}</span>}
        {item.waiting_since && <span className={classes.dim}><Waiting since={item.waiting_since} /></span>}
        {due && <DueClock due={due} now={now} />}
      </span>
      {item.work_item && <ItemActs item={item.work_item.id} conversation={item.id} queue={item.queue?.id ?? null} priority={item.priority} name={name} />}
    </li>
  )
}
