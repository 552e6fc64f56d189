import { UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { useState } from 'react'
import { useShallow } from 'zustand/shallow'
import type { Entry } from '../api/types'
import { useI18n } from '../i18n'
import { EntryMenu } from '../replies/EntryMenu'
import { useHub } from '../store/store'
import { Clock } from '../ui/When'
import classes from './Lines.module.css'
import { lineText, remarkOf } from './lineText'

const FOLD_OVER = 2

/** What the system and colleagues did: thin lines, folded to the last one when they are many. */
export function Lines({ entries }: { entries: Entry[] }) {
  const { w, f } = useI18n()
  const [open, setOpen] = useState(false)
  const many = entries.length > FOLD_OVER
  const shown = many && !open ? entries.slice(-1) : entries
  return (
    <div className={classes.lines}>
      {many && (
        <UnstyledButton className={classes.fold} onClick={() => setOpen(!open)} aria-expanded={open}>
          {open ? w.entry.fold : w.entry.steps(entries.length, f.number(entries.length))}
          {open ? <IconChevronUp size={13} aria-hidden /> : <IconChevronDown size={13} aria-hidden />}
        </UnstyledButton>
      )}
      {shown.map((entry) => <Line key={entry.id} entry={entry} />)}
    </div>
  )
}

function Line({ entry }: { entry: Entry }) {
  const i18n = useI18n()
  const names = useHub(useShallow(({ queues, agents }) => ({ queues, agents })))
  const remark = remarkOf(entry)
  return (
    <div className={classes.line} data-entry data-testid={`entry-${entry.id}`}>
      <span className={classes.words}>{lineText(entry, names, i18n)}</span>
      <Clock at={entry.at} />
      {entry.conversation !== null && <EntryMenu entry={entry} conversation={entry.conversation} />}
      {remark && <div className={`people-text ${classes.remark}`} dir="auto">{remark}</div>}
    </div>
  )
}
