import type { Candidate, Standing } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import { useNow } from '../../lib/clock'
import classes from './Explain.module.css'

/** Who was in question with what they would have cost, and the others counted by reason. */
export function Candidates({ standing, title }: { standing: Partial<Standing>; title: string }) {
  const { w, f } = useI18n()
  const top = standing.top ?? []
  const left = Object.entries(standing.kept_out ?? {}).filter(([, count]) => count > 0)
  if (top.length === 0 && left.length === 0) return null
  const summaryOf = (count: number | undefined): string =>
    count === undefined ? title : count === 0 ? w.explain.nobodyInQuestion : w.explain.candidates(count, f.number(count))
  const words = left.map(([reason, count]) => w.explain.keptOut[reason]?.(f.number(count)) ?? `${reason} ${f.number(count)}`)
  return (
    <details className={classes.more}>
      <summary>{summaryOf(standing.candidates)}</summary>
      {top.length > 0 && (
        <ol className={classes.candidates}>
          {top.map((candidate) => <li key={candidate.agent.id}><One candidate={candidate} /></li>)}
        </ol>
      )}
      {words.length > 0 && <p className={classes.left}>{w.explain.left}: {f.list(words)}</p>}
    </details>
  )
}

function One({ candidate }: { candidate: Candidate }) {
  const { w, f } = useI18n()
  const now = useNow()
  const terms = Object.entries(candidate.terms).filter(([, value]) => value !== 0)
  const idle = candidate.idle_since ? f.length(candidate.idle_since, now) : null
  return (
    <>
      <span className={classes.who}><bdi>{candidate.agent.name}</bdi>{candidate.cost !== null && <span className={classes.cost}>{w.explain.cost} {f.decimal(candidate.cost)}</span>}</span>
      <span className={classes.terms}>
        {terms.map(([name, value]) => <span key={name}>{w.explain.terms[name] ?? name} {f.decimal(value)}</span>)}
        {idle && <span>{w.explain.idle(w.length(idle.unit, idle.count, f.number(idle.count)))}</span>}
      </span>
    </>
  )
}
