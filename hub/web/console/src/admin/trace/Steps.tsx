import type { TraceStep } from '../../api/healthTypes'
import { useI18n } from '../../i18n'
import classes from './Trace.module.css'

/** What was asked of the provider and what it answered, without secrets and words. */
export function Steps({ steps }: { steps: TraceStep[] }) {
  const { w } = useI18n()
  return (
    <details>
      <summary className={classes.summary}>{w.trace.said}</summary>
      <div className={classes.steps} dir="ltr">
        {steps.map((step, place) => (
          <div key={place} className={classes.step}>
            <div><span aria-hidden>→ </span>{step.call}</div>
            <Values values={step.sent} />
            <div className={classes.answer}><span aria-hidden>← </span>{step.answer}</div>
            <Values values={step.got} />
          </div>
        ))}
      </div>
    </details>
  )
}

function Values({ values = {} }: { values?: Record<string, string> | undefined }) {
  const found = Object.entries(values)
  if (found.length === 0) return null
  return <dl className={classes.values}>{found.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
}
