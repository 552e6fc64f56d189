import { Button } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { useState } from 'react'
import { api } from '../../api/calls'
import type { Examined, Finding } from '../../api/healthTypes'
import { useI18n } from '../../i18n'
import { showProblem } from '../../lib/problem'
import { can } from '../../store/select'
import { useHub } from '../../store/store'
import page from '../AdminPage.module.css'
import classes from './Doctor.module.css'

const ICONS = { ok: IconCircleCheck, warn: IconAlertTriangle, bad: IconCircleX }

/** What `hub doctor` says, in the reader's language, with what to do. */
export function Doctor() {
  const { w, f } = useI18n()
  const allowed = useHub((state) => can(state.me, 'channels'))
  const [found, setFound] = useState<Examined | null>(null)
  const [busy, setBusy] = useState(false)
  if (!allowed) return null
  async function run(): Promise<void> {
    setBusy(true)
    try {
      setFound(await api.doctor())
    } catch (error) {
      showProblem(error, w)
    } finally {
      setBusy(false)
    }
  }
  const wrong = found?.items.filter((one) => one.state !== 'ok') ?? []
  const bad = wrong.filter((one) => one.state === 'bad').length
  const verdict = bad ? w.health.doctor.wrong(bad, f.number(bad)) : wrong.length ? w.health.doctor.toLook(wrong.length, f.number(wrong.length)) : w.health.doctor.allFine
  const fine = found?.items.filter((one) => one.state === 'ok') ?? []
  return (
    <section className={classes.doctor} aria-label={w.health.doctor.title}>
      <div className={classes.head}>
        <div>
          <h2 className={classes.title}>{w.health.doctor.title}</h2>
          <p className={page.dim}>{w.health.doctor.help}</p>
        </div>
        <Button size="xs" variant="default" loading={busy} onClick={() => void run()} data-testid="doctor-run">{found ? w.health.doctor.again : w.health.doctor.run}</Button>
      </div>
      {found && (
        <div role="status" data-testid="doctor-found">
          <p className={classes.verdict} data-state={found.ok ? (wrong.length ? 'warn' : 'ok') : 'bad'}>
            {verdict}
          </p>
          <ul className={classes.list}>{wrong.map((one, place) => <Item key={`${one.name}/${place}`} found={one} />)}</ul>
          {fine.length > 0 && (
            <details>
              <summary className={classes.rest}>{w.health.doctor.rest(fine.length, f.number(fine.length))}</summary>
              <ul className={classes.list}>{fine.map((one, place) => <Item key={`${one.name}/${place}`} found={one} />)}</ul>
            </details>
          )}
        </div>
      )}
    </section>
  )
}

function Item({ found }: { found: Finding }) {
  const { w, f } = useI18n()
  const Icon = ICONS[found.state]
  const todo = found.todo[f.language]
  return (
    <li className={classes.item} data-state={found.state}>
      <Icon size={18} stroke={1.6} aria-label={w.health.doctor.states[found.state]} role="img" />
      <div>
        <div>{found.words[f.language]}</div>
        {todo && <div className={page.dim}>{todo}</div>}
      </div>
    </li>
  )
}
