import type { Conversation } from '../api/types'
import { useI18n } from '../i18n'
import { useNow } from '../lib/clock'
import { duesOf } from './due'
import { DueClock } from './DueClock'
import { headStart } from './headStart'
import classes from './Promises.module.css'

/** Under a conversation's name: what is promised and until when, its place in line, its tags. */
export function Promises({ conversation }: { conversation: Conversation }) {
  const i18n = useI18n()
  const now = useNow()
  const dues = duesOf(conversation.deadlines, now)
  const start = headStart(conversation.priority, i18n)
  const tags = conversation.tags ?? []
  if (dues.length === 0 && !start && tags.length === 0) return null
  return (
    <div className={classes.line} role="group" aria-label={i18n.w.due.label} data-testid="promises">
      {dues.map((due) => <DueClock key={due.kind} due={due} now={now} />)}
      {start && <span className={classes.start}>{start}</span>}
      {tags.map((tag) => <bdi key={tag} className={classes.tag}>{tag}</bdi>)}
    </div>
  )
}
