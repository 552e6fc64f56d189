import { ActionIcon, Button } from '@mantine/core'
import { useEffect } from 'react'
import { IconArrowLeft } from '@tabler/icons-react'
import type { Id } from '../api/types'
import { Matters } from '../context/Matters'
import { Person } from '../context/Person'
import { useContact } from '../context/ContextPane'
import { Blocks } from '../conversation/Blocks'
import { useTimeline } from '../conversation/useConversation'
import { useStickToEnd } from '../conversation/useStickToEnd'
import timeline from '../conversation/Timeline.module.css'
import { useI18n } from '../i18n'
import { showAddress } from '../lib/address'
import { useKeys } from '../lib/keys'
import { go, paths } from '../lib/router'
import { useIsPhone } from '../lib/screen'
import { Empty } from '../ui/Empty'
import classes from './PeoplePage.module.css'

/** One person: everything, over all channels and matters, and who they are. */
export function PersonPage({ id }: { id: Id }) {
  const { w } = useI18n()
  const phone = useIsPhone()
  const contact = useContact(id)
  const person = contact?.id ?? id
  useEffect(() => {
    if (person !== id) go(paths.person(person), true) // joined: this is who they are now
  }, [person, id])
  const { entries, loading, older, loadOlder } = useTimeline(id)
  const { scroller, content, keepPlace } = useStickToEnd(entries.at(-1)?.id ?? 0)
  useKeys({ Escape: () => go(paths.people) })
  return (
    <div className={classes.person}>
      <header className={classes.head}>
        {phone && <ActionIcon size={36} aria-label={w.common.back} onClick={() => go(paths.people)}><IconArrowLeft size={20} className="turns" /></ActionIcon>}
        <h1 className={classes.title}><bdi>{contact?.name || showAddress(contact?.identities[0]?.uri ?? '') || w.common.unnamed}</bdi></h1>
      </header>
      <section className={classes.middle} aria-label={w.people.timeline}>
        <h2 className="hidden-text">{w.people.timeline}</h2>
        <div ref={scroller} className={`${timeline.scroll} ${classes.scroll}`} tabIndex={0} role="log" aria-live="off" aria-label={w.people.timeline}>
          <div ref={content} className={timeline.content}>
            {older && <Button variant="subtle" color="gray" size="xs" className={timeline.older} onClick={() => void keepPlace(loadOlder)}>{w.conversation.older}</Button>}
            {!loading && entries.length === 0 && <Empty title={w.people.noEntries} />}
            <Blocks entries={entries} current={null} matters />
          </div>
        </div>
      </section>
      <aside className={classes.side} aria-label={w.context.label}>
        {contact && <><Person contact={contact} /><Matters contact={contact} current={null} /></>}
      </aside>
    </div>
  )
}
