import { Button } from '@mantine/core'
import { useState } from 'react'
import { api } from '../../api/calls'
import type { Recount } from '../../api/healthTypes'
import { useI18n } from '../../i18n'
import { showProblem } from '../../lib/problem'
import page from '../AdminPage.module.css'
import classes from './Closing.module.css'

/** The counters beside the rows: the sum of the states closes by itself, this does not. */
export function Closing() {
  const { w, f } = useI18n()
  const [found, setFound] = useState<Recount | null>(null)
  const [busy, setBusy] = useState(false)
  async function count(): Promise<void> {
    setBusy(true)
    try {
      setFound(await api.recount())
    } catch (error) {
      showProblem(error, w)
    } finally {
      setBusy(false)
    }
  }
  const states = found ? f.list(found.differs.map((state) => w.admin.ledger.states[state])) : ''
  return (
    <div className={classes.closing}>
      <Button size="compact-xs" variant="default" loading={busy} onClick={() => void count()} data-testid="ledger-recount">{w.closing.check}</Button>
      {found && (
        <span role="status" data-testid="ledger-closes" className={classes.said} data-closes={found.closes}>
          {found.closes ? w.closing.closes(f.number(found.received)) : w.closing.open(states)}
          {(found.rows.rejected ?? 0) < found.counts.rejected && <span className={page.dim}> {w.closing.kept}</span>}
        </span>
      )}
    </div>
  )
}
