import { Button, Select } from '@mantine/core'
import { useMemo, useState } from 'react'
import { api } from '../../api/calls'
import type { DryRun } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import { showProblem } from '../../lib/problem'
import page from '../AdminPage.module.css'
import classes from './Lab.module.css'
import { MovedList } from './MovedList'
import { Moves, moveKey } from './Moves'

const DAYS = [1, 7, 14, 30]

/** The rows beside against the messages that really came: totals, what moves where, and whose. */
export function LookBack({ body }: { body: string }) {
  const { w, f } = useI18n()
  const d = w.rulesLab.dryRun
  const [days, setDays] = useState(7)
  const [busy, setBusy] = useState(false)
  const [found, setFound] = useState<{ run: DryRun; body: string } | null>(null)
  async function compare(): Promise<void> {
    setBusy(true)
    await api.dryRun(body, days).then((run) => setFound({ run, body }), (error: unknown) => showProblem(error, w))
    setBusy(false)
  }
  return (
    <div className={classes.form} data-testid="look-back">
      <p className={page.dim}>{d.intro}</p>
      <div className={classes.row}>
        <Select
          size="xs" label={d.days} value={String(days)} allowDeselect={false} onChange={(value) => setDays(Number(value))}
          data={DAYS.map((count) => ({ value: String(count), label: d.dayCount(count, f.number(count)) }))}
        />
        <Button size="xs" loading={busy} onClick={() => void compare()} data-testid="dry-run">{d.submit}</Button>
      </div>
      {found && found.body !== body && <p className={classes.stale}>{d.stale}</p>}
      {found && <Found key={`${found.run.version} ${found.run.total} ${found.run.changed}`} run={found.run} />}
    </div>
  )
}

function Found({ run }: { run: DryRun }) {
  const { w, f } = useI18n()
  const d = w.rulesLab.dryRun
  const [move, setMove] = useState<string | null>(null)
  const shown = useMemo(() => run.items.filter((item) => move === null || moveKey(item.old_queue, item.new_queue) === move), [run.items, move])
  return (
    <div className={classes.outcome} role="status" data-testid="dry-run-found">
      <Totals run={run} />
      {run.unknown.length > 0 && (
        <details open={run.undecided > 0}>
          <summary>{d.unknownTitle}</summary>
          <ul className={classes.plain}>{run.unknown.map((item) => <li key={item.field}><bdi>{d.unknown(item.field, f.number(item.count))}</bdi></li>)}</ul>
        </details>
      )}
      {run.changed === 0 ? <p className={page.dim}>{d.nothing}</p> : <Moves moves={run.moves} chosen={move} onChoose={setMove} />}
      {shown.length > 0 && <MovedList items={shown} whole={run.changed} />}
    </div>
  )
}

function Totals({ run }: { run: DryRun }) {
  const { w, f } = useI18n()
  const d = w.rulesLab.dryRun
  const parts = [['same', run.same, d.same], ['changed', run.changed, d.changed], ['undecided', run.undecided, d.undecided]] as const
  return (
    <div>
      <p className={classes.total}>{d.total(run.total, f.number(run.total))}{w.between}{run.cut ? d.cut : d.dayCount(run.days, f.number(run.days))}</p>
      <div className={classes.bar} aria-hidden>
        {parts.map(([kind, count]) => count > 0 && <span key={kind} data-kind={kind} style={{ flexGrow: count }} />)}
      </div>
      <dl className={classes.totals}>
        {parts.map(([kind, count, words]) => <div key={kind} data-kind={kind} data-testid={`dry-run-${kind}`}><dt>{words}</dt><dd>{f.number(count)}</dd></div>)}
      </dl>
    </div>
  )
}
