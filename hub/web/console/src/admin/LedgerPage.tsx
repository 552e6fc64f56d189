import { Button, Loader } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useCallback, useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Ledger, LedgerState } from '../api/types'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { Kept } from '../nights/Kept'
import page from './AdminPage.module.css'
import classes from './LedgerPage.module.css'
import { Closing } from './health/Closing'
import { RawEvents } from './RawEvents'

const STATES: LedgerState[] = ['stored', 'duplicate', 'rejected', 'failed', 'ignored']

/** Everything that came in, in exactly one of five states; the sum always closes. */
export function LedgerPage() {
  const { w, f } = useI18n()
  const [ledger, setLedger] = useState<Ledger | null>(null)
  const [state, setState] = useState<LedgerState>('failed')
  const [version, setVersion] = useState(0)

  const load = useCallback(() => {
    api.ledger().then(setLedger, (error: unknown) => showProblem(error, w))
    setVersion((count) => count + 1)
  }, [w])
  useEffect(load, [load])

  if (!ledger) return <div className={page.head}><Loader size="sm" /></div>
  const sum = STATES.reduce((total, key) => total + ledger[key], 0)
  return (
    <>
      <div className={page.head}>
        <p className={page.intro}>{w.admin.ledger.intro}</p>
        <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={load}>{w.admin.ledger.refresh}</Button>
      </div>
      <div className={classes.sum} role="group" aria-label={w.admin.ledger.title}>
        <div className={classes.total} data-testid="ledger-received">
          <span className={classes.count}>{f.number(sum)}</span>
          <span>{w.admin.ledger.received}</span>
        </div>
        <span className={classes.sign} aria-hidden>=</span>
        {STATES.map((key, index) => (
          <div key={key} className={classes.term}>
            {index > 0 && <span className={classes.sign} aria-hidden>+</span>}
            <button type="button" className={classes.cell} data-state={key} data-some={ledger[key] > 0 || undefined} aria-pressed={state === key} onClick={() => setState(key)} data-testid={`ledger-${key}`}>
              <span className={classes.count}>{f.number(ledger[key])}</span>
              <span>{w.admin.ledger.states[key]}</span>
              <span className={classes.hint}>{w.admin.ledger.hints[key]}</span>
            </button>
          </div>
        ))}
      </div>
      <Bar ledger={ledger} sum={sum} />
      <Closing />
      <RawEvents key={`${state}/${version}`} state={state} onChanged={load} />
      <Kept />
    </>
  )
}

function Bar({ ledger, sum }: { ledger: Ledger; sum: number }) {
  if (sum === 0) return null
  return (
    <div className={classes.bar} aria-hidden>
      {STATES.map((key) => <span key={key} data-state={key} style={{ flexGrow: ledger[key] / sum }} />)}
    </div>
  )
}
