import { IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import type { AuditFilter, AuditLine } from '../../api/accessTypes'
import { useI18n } from '../../i18n'
import { useNow } from '../../lib/clock'
import page from '../AdminPage.module.css'
import classes from './Audit.module.css'
import { actName, actorName, subjectName } from './names'

/** One act as a sentence; its details are folded. */
export function Line({ line, onFilter }: { line: AuditLine; onFilter: (change: AuditFilter) => void }) {
  const { w, f } = useI18n()
  const now = useNow()
  const [open, setOpen] = useState(false)
  const who = actorName(line, w, f)
  const what = actName(line.action, w)
  const about = subjectName(line.subject, line.subject_name, w, f)
  const self = line.actor === line.subject
  const details = Object.keys(line.data).length > 0
  return (
    <li className={classes.line} data-testid={`audit-${line.action}`}>
      <time className={page.dim} dateTime={line.at} title={f.exact(line.at)}>{f.moment(line.at, now)}</time>
      <span className={classes.words}>
        <button type="button" className={classes.name} title={w.audit.only(who)} onClick={() => onFilter({ actor: line.actor })}><bdi>{who}</bdi></button>{' '}
        <button type="button" className={classes.act} title={w.audit.only(what)} onClick={() => onFilter({ action: line.action })}>{what}</button>{' '}
        {!self && <button type="button" className={classes.name} title={w.audit.only(about)} onClick={() => onFilter({ subject: line.subject })}><bdi>{about}</bdi></button>}
      </span>
      {details && (
        <button type="button" className={classes.more} aria-expanded={open} aria-label={w.audit.more(what)} onClick={() => setOpen(!open)}><IconChevronDown size={15} /></button>
      )}
      {open && <pre className={classes.data} dir="ltr">{JSON.stringify(line.data, null, 2)}</pre>}
    </li>
  )
}
