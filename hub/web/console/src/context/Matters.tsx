import { IconLock } from '@tabler/icons-react'
import { useEffect, useMemo } from 'react'
import { api } from '../api/calls'
import type { Contact, Conversation, Id } from '../api/types'
import { useI18n } from '../i18n'
import { go, paths } from '../lib/router'
import { addConversations } from '../store/reduce'
import { update, useHub } from '../store/store'
import { ChannelIcon } from '../ui/ChannelIcon'
import { Age } from '../ui/When'
import pane from './ContextPane.module.css'
import classes from './Matters.module.css'

/** What else there is with this person: open matters, then earlier ones. */
export function Matters({ contact, current }: { contact: Contact; current: Id | null }) {
  const { w } = useI18n()
  const conversations = useHub((state) => state.conversations)
  const { id } = contact
  useEffect(() => {
    api.conversations({ view: 'all', contact: id }).then((page) => update((state) => addConversations(state, page.items)), () => undefined)
  }, [id])
  const { open, earlier } = useMemo(() => {
    const theirs = Object.values(conversations)
      .filter((item) => item.contact.id === id && item.id !== current)
      .sort((a, b) => Date.parse(b.last_at) - Date.parse(a.last_at))
    const closed = (item: Conversation): boolean => item.status === 'resolved' || item.status === 'spam'
    return { open: theirs.filter((item) => !closed(item)), earlier: theirs.filter(closed) }
  }, [conversations, id, current])
  return (
    <>
      <section className={pane.section}>
        <h2 className={pane.title}>{w.context.open}</h2>
        {open.length > 0 && <List items={open} />}
        {contact.elsewhere && <p className={classes.elsewhere} data-testid="matter-elsewhere"><IconLock size={14} stroke={1.6} aria-hidden />{w.context.elsewhere}</p>}
        {open.length === 0 && !contact.elsewhere && <p className={pane.empty}>{w.context.noOpen}</p>}
      </section>
      {earlier.length > 0 && (
        <section className={pane.section}>
          <h2 className={pane.title}>{w.context.earlier}</h2>
          <List items={earlier} />
        </section>
      )}
    </>
  )
}

function List({ items }: { items: Conversation[] }) {
  return <ul className={classes.list}>{items.map((item) => <Matter key={item.id} item={item} />)}</ul>
}

function Matter({ item }: { item: Conversation }) {
  const { w } = useI18n()
  return (
    <li>
      <a
        href={paths.conversation(item.id)} className={classes.matter}
        onClick={(event) => {
          event.preventDefault()
          go(paths.conversation(item.id))
        }}
      >
        <ChannelIcon kind={item.channel.kind} size={14} />
        <span className={classes.text} dir="auto">{item.subject || item.last_text || w.list.noWords}</span>
        <span className={classes.age}><Age at={item.last_at} /></span>
      </a>
    </li>
  )
}
