import { IconChevronRight } from '@tabler/icons-react'
import { Fragment, useState } from 'react'
import type { AgentState, BoardQueue } from '../api/routingTypes'
import type { Id } from '../api/types'
import { secondsWords } from '../context/explain/words'
import { useI18n } from '../i18n'
import { useSecond } from '../lib/clock'
import { queueTitle } from '../store/titles'
import classes from './BoardPage.module.css'
import cells from './Cells.module.css'
import { StateDot, STATES } from './states'
import { Waiters } from './Waiters'

const COLUMNS = 7

export function Queues({ queues }: { queues: BoardQueue[] }) {
  const { w } = useI18n()
  const [open, setOpen] = useState<ReadonlySet<Id>>(new Set())
  const c = w.board.columns
  function toggle(id: Id): void {
    const next = new Set(open)
    if (!next.delete(id)) next.add(id)
    setOpen(next)
  }
  return (
    <section aria-label={w.board.queues}>
      <h2 className={classes.heading}>{w.board.queues}</h2>
      <table className={classes.table}>
        <thead>
          <tr><th scope="col">{c.queue}</th><th scope="col">{c.waiting}</th><th scope="col">{c.oldest}</th><th scope="col">{c.level}</th><th scope="col">{c.asa}</th><th scope="col">{c.abandoned}</th><th scope="col">{c.people}</th></tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <Fragment key={queue.id}>
              <Line queue={queue} open={open.has(queue.id)} onToggle={() => toggle(queue.id)} />
              {open.has(queue.id) && <tr className={classes.inside}><td colSpan={COLUMNS}><Waiters queue={queue} /></td></tr>}
            </Fragment>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Line({ queue, open, onToggle }: { queue: BoardQueue; open: boolean; onToggle: () => void }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const c = w.board.columns
  const title = queueTitle(queue, f.language)
  return (
    <tr data-testid={`board-queue-${queue.name}`}>
      <th scope="row" className={classes.first}>
        <button type="button" className={classes.toggle} aria-expanded={open} aria-label={w.board.expand(title)} onClick={onToggle}>
          <IconChevronRight size={15} stroke={1.8} className={classes.chevron} aria-hidden /><bdi>{title}</bdi>
        </button>
      </th>
      <td data-label={c.waiting} className={classes.big}>{f.number(queue.waiting)}</td>
      <td data-label={c.oldest}><Oldest queue={queue} /></td>
      <td data-label={c.level}><Level queue={queue} /></td>
      <td data-label={c.asa} className={classes.figure}>{queue.asa_seconds === null ? <Dash /> : secondsWords(queue.asa_seconds, i18n)}</td>
      <td data-label={c.abandoned} className={classes.figure}>{f.number(queue.abandoned)}</td>
      <td data-label={c.people} className={classes.wide}><States counts={queue.agents} /></td>
    </tr>
  )
}

function Dash() {
  const { w } = useI18n()
  return <span className={classes.dim} aria-label={w.board.noneYet}>–</span>
}

/** The longest wait; coloured against the target, where the queue has one. */
function Oldest({ queue }: { queue: BoardQueue }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const now = useSecond()
  if (!queue.oldest_at) return <Dash />
  const waited = Math.max(0, Math.floor((now - Date.parse(queue.oldest_at)) / 1000))
  const target = queue.target_seconds
  const share = target === null ? null : waited / Math.max(1, target)
  const tone = share === null ? undefined : share < 0.5 ? 'good' : share < 1 ? 'warn' : 'bad'
  return (
    <span className={cells.two}>
      <time className={cells.tone} data-tone={tone} dateTime={queue.oldest_at} title={f.exact(queue.oldest_at)}>{secondsWords(waited, i18n)}</time>
      {target !== null && <span className={classes.dim}>{w.board.target(secondsWords(target, i18n))}</span>}
    </span>
  )
}

function Level({ queue }: { queue: BoardQueue }) {
  const { w, f } = useI18n()
  const { value, answered_in_target: answered, offered } = queue.service_level
  if (value === null) return <Dash />
  const tone = queue.target_seconds === null ? undefined : value >= 0.8 ? 'good' : value >= 0.6 ? 'warn' : 'bad'
  return (
    <span className={cells.two}>
      <span className={cells.level}>
        <span className={cells.tone} data-tone={tone}>{f.percent(value)}</span>
        <span className={cells.bar} data-tone={tone} aria-hidden><span style={{ inlineSize: `${Math.round(value * 100)}%` }} /></span>
      </span>
      <span className={classes.dim}>{w.board.inTarget(f.number(answered), f.number(offered))}</span>
    </span>
  )
}

function States({ counts }: { counts: Partial<Record<AgentState, number>> }) {
  const { w, f } = useI18n()
  const some = STATES.filter((state) => (counts[state] ?? 0) > 0)
  if (some.length === 0) return <Dash />
  return (
    <span className={cells.states}>
      {some.map((state) => <span key={state} className={cells.state}><StateDot state={state} />{w.board.counts(f.number(counts[state] ?? 0), w.board.states[state])}</span>)}
    </span>
  )
}
