import { IconClock, IconClockExclamation, IconClockPause } from '@tabler/icons-react'
import type { Conversation } from '../api/types'
import { useI18n } from '../i18n'
import { useNow } from '../lib/clock'
import type { Due } from './due'
import { dueWords, nextDue } from './due'
import classes from './DueClock.module.css'

/** When something is due, as text and colour; exact on hover. */
export function DueClock({ due, now }: { due: Due; now: number }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const Icon = due.at === null ? IconClockPause : due.late ? IconClockExclamation : IconClock
  const exact = due.at === null ? w.due.whileWaiting : f.exact(due.at)
  const title = due.calendar ? `${exact}${w.between}${w.due.calendar(due.calendar)}` : exact
  return (
    <span className={classes.due} data-tone={due.tone} data-late={due.late || undefined} data-testid={`due-${due.kind}`}>
      <Icon size={13} stroke={1.8} aria-hidden />
      {due.at === null ? <span title={title}>{dueWords(due, now, i18n)}</span> : <time dateTime={due.at} title={title}>{dueWords(due, now, i18n)}</time>}
    </span>
  )
}

/** The clock of a row in the list; nothing where nothing is promised. */
export function useNextDue(conversation: Conversation): { due: Due | null; now: number } {
  const now = useNow()
  return { due: nextDue(conversation, now), now }
}
