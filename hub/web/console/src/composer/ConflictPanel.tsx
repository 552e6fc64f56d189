import { Button } from '@mantine/core'
import { IconMessage2Exclamation } from '@tabler/icons-react'
import type { Id } from '../api/types'
import { lookedAt } from '../conversation/seen'
import { useI18n } from '../i18n'
import { nameOf } from '../ui/useName'
import { Clock } from '../ui/When'
import classes from './ConflictPanel.module.css'
import type { Conflict } from './drafts'
import { change } from './drafts'
import { sendAnyway } from './send'

/** Somebody wrote since: what is new, then a decision. Nothing has been sent. */
export function ConflictPanel({ id, conflict, onEdit }: { id: Id; conflict: Conflict; onEdit: () => void }) {
  const { w, f } = useI18n()
  const { entries } = conflict
  function edit(): void {
    lookedAt(id, conflict.seq)
    change(id, { conflict: null })
    onEdit()
  }
  return (
    <div className={classes.panel} role="alertdialog" aria-labelledby="conflict-title" data-testid="conflict">
      <div className={classes.title} id="conflict-title">
        <IconMessage2Exclamation size={17} stroke={1.7} aria-hidden />
        {w.conflict.title(entries.length, f.number(entries.length))}
      </div>
      <p className={classes.help}>{w.conflict.help}</p>
      <div className={classes.new}>
        {entries.map((entry) => (
          <div key={entry.id} className={classes.entry}>
            <span className={classes.who}><bdi>{nameOf(entry.actor.name, w)}</bdi> <Clock at={entry.at} /></span>
            <div className="people-text" dir="auto">{entry.text}</div>
          </div>
        ))}
      </div>
      <div className={classes.acts}>
        <Button size="xs" variant="default" onClick={edit} data-testid="conflict-edit">{w.conflict.edit}</Button>
        <Button size="xs" onClick={() => sendAnyway(id, w)} data-testid="conflict-send">{w.conflict.send}</Button>
      </div>
    </div>
  )
}
