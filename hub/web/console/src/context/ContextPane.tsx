import { useEffect } from 'react'
import { api } from '../api/calls'
import type { Contact, Id } from '../api/types'
import { useI18n } from '../i18n'
import { useIsPhone } from '../lib/screen'
import { useSession } from '../live/session'
import { TrackingCode } from '../persons/TrackingCode'
import { addContact } from '../store/reduce'
import { update, useHub } from '../store/store'
import classes from './ContextPane.module.css'
import { Matters } from './Matters'
import { Person } from './Person'
import { Why } from './Why'

/** A person, fetched once and kept current by the events. */
export function useContact(id: Id | undefined): Contact | undefined {
  const contact = useHub((state) => (id === undefined ? undefined : state.contacts[id]))
  const epoch = useSession((state) => state.epoch)
  useEffect(() => {
    if (id === undefined) return
    api.contact(id).then((found) => update((state) => addContact(state, found, id)), () => undefined)
  }, [id, epoch])
  return contact
}

/** Beside the conversation: who this is, why it is here, what else there is. */
export function ContextPane({ conversation: id }: { conversation: Id }) {
  const { w } = useI18n()
  const conversation = useHub((state) => state.conversations[id])
  const contact = useContact(conversation?.contact.id)
  const phone = useIsPhone()
  if (!conversation) return <aside className={classes.pane} aria-label={w.context.label} />
  return (
    <aside className={classes.pane} aria-label={w.context.label} data-testid="context">
      {phone && <section className={classes.section}><TrackingCode code={conversation.code} /></section>}
      {contact && <Person contact={contact} />}
      <Why conversation={conversation} />
      {contact && <Matters contact={contact} current={id} />}
    </aside>
  )
}
