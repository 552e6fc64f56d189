import { useMemo } from 'react'
import { useI18n } from '../../i18n'
import page from '../AdminPage.module.css'
import classes from './Diff.module.css'
import { changes, hunks } from './lineDiff'

const SIGNS = { added: '+', removed: '−', same: ' ', gap: '⋯' }

/** What differs between two texts, line by line. */
export function Diff({ before, after }: { before: string; after: string }) {
  const { w, f } = useI18n()
  const lines = useMemo(() => hunks(before, after), [before, after])
  const { added, removed } = useMemo(() => changes(before, after), [before, after])
  if (lines.length === 0) return <p className={page.dim}>{w.rulesLab.history.same}</p>
  return (
    <>
      <p className={page.dim}>{w.admin.rules.changed(f.number(added), f.number(removed))}</p>
      <pre className={classes.diff} dir="ltr" lang="en" tabIndex={0} data-testid="diff">
        {lines.map((line, index) => <span key={index} className={classes.line} data-kind={line.kind}>{`${SIGNS[line.kind]} ${line.text}\n`}</span>)}
      </pre>
    </>
  )
}
