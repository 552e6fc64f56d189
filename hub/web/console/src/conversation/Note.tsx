import { IconNote } from '@tabler/icons-react'
import type { Entry } from '../api/types'
import { useI18n } from '../i18n'
import { WithAddresses } from '../outreach/Address'
import { EntryMenu } from '../replies/EntryMenu'
import { useHub } from '../store/store'
import { Clock } from '../ui/When'
import classes from './Note.module.css'

/** A word among colleagues: sand, across, never mistaken for something sent. */
export function Note({ entry }: { entry: Entry }) {
  const { w } = useI18n()
  const mine = useHub((state) => entry.actor.kind === 'agent' && entry.actor.id === state.me?.agent?.id)
  return (
    <article className={classes.note} data-testid={`entry-${entry.id}`} aria-label={w.entry.note}>
      <header className={classes.head}>
        <IconNote size={14} stroke={1.7} aria-hidden />
        <bdi>{mine ? w.entry.yourNote : w.entry.noteBy(entry.actor.name)}</bdi>
        <Clock at={entry.at} />
        {entry.conversation !== null && <EntryMenu entry={entry} conversation={entry.conversation} />}
      </header>
      <div className="people-text" dir="auto"><WithAddresses text={entry.text} /></div>
    </article>
  )
}
