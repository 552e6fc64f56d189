import { Chip, Group } from '@mantine/core'
import { Fragment, useMemo, useRef, useState } from 'react'
import type { AgentState, BoardAgent } from '../api/routingTypes'
import type { Id } from '../api/types'
import { useI18n } from '../i18n'
import { AgentLine } from './AgentLine'
import { AgentWork } from './AgentWork'
import classes from './BoardPage.module.css'
import { STATES } from './states'

const COLUMNS = 6

/** While the pointer is over the table, nobody leaves it because their state has changed. */
function useHeldIds(shown: BoardAgent[], all: BoardAgent[], held: boolean): BoardAgent[] {
  const kept = useRef<ReadonlySet<Id>>(new Set())
  if (!held) kept.current = new Set(shown.map((agent) => agent.id))
  return held ? all.filter((agent) => kept.current.has(agent.id)) : shown
}

/** Everybody, by name; a state chosen above shows only those in it. */
export function Agents({ agents }: { agents: BoardAgent[] }) {
  const { w, f } = useI18n()
  const [state, setState] = useState<AgentState | ''>('')
  const [open, setOpen] = useState<Id | null>(null)
  const [over, setOver] = useState(false)
  const all = useMemo(() => [...agents].sort((a, b) => a.name.localeCompare(b.name, f.locale) || a.id - b.id), [agents, f])
  const shown = useHeldIds(state ? all.filter((agent) => agent.state === state) : all, all, over)
  const count = (name: AgentState): number => agents.filter((agent) => agent.state === name).length
  const c = w.board.columns
  function choose(next: AgentState | ''): void {
    setOver(false)
    setState(next)
  }
  return (
    <section aria-label={w.board.agents}>
      <h2 className={classes.heading}>{w.board.agents}</h2>
      <Chip.Group value={state} onChange={(value) => choose(value as AgentState | '')}>
        <Group gap={6} className={classes.chips}>
          <Chip size="xs" value="">{w.board.everyone} {f.number(agents.length)}</Chip>
          {STATES.filter((name) => count(name) > 0 || state === name).map((name) => <Chip key={name} size="xs" value={name}>{w.board.states[name]} {f.number(count(name))}</Chip>)}
        </Group>
      </Chip.Group>
      {shown.length === 0 && <p className={classes.none}>{w.board.noAgents}</p>}
      {shown.length > 0 && (
        <table className={classes.table} onPointerEnter={(event) => setOver(event.pointerType === 'mouse')} onPointerLeave={() => setOver(false)}>
          <thead><tr><th scope="col">{c.agent}</th><th scope="col">{c.state}</th><th scope="col">{c.since}</th><th scope="col">{c.load}</th><th scope="col">{c.work}</th><td /></tr></thead>
          <tbody>
            {shown.map((agent) => (
              <Fragment key={agent.id}>
                <AgentLine agent={agent} open={open === agent.id} onToggle={() => setOpen(open === agent.id ? null : agent.id)} />
                {open === agent.id && <tr className={classes.inside}><td colSpan={COLUMNS}><AgentWork agent={agent} /></td></tr>}
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
