import type { RuleSchema, TrialResult } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import { useTitleByName } from '../../context/useTitleByName'
import { nearMisses } from '../../context/whyLines'
import classes from './Lab.module.css'
import { planLines } from './planLines'

/** Where a message would go, how, and why. */
export function Outcome({ result, schema }: { result: TrialResult; schema: RuleSchema | null }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const t = w.rulesLab.trial
  const titleOf = useTitleByName()
  const { decision, queue, plan, notes } = result
  const words = result.words[f.language] ?? []
  const steps = planLines(plan)
  const misses = nearMisses(decision, i18n)
  return (
    <div className={classes.outcome} role="status" data-testid="try-outcome">
      <div className={classes.answer}>
        <span className={classes.label}>{t.queue}</span>
        <bdi className={classes.queue}>{queue === null ? t.nowhere : titleOf(queue)}</bdi>
        <bdi className={classes.label}>{t.rule(decision.rule)}</bdi>
      </div>
      {steps.length > 0 && (
        <div>
          <h3 className={classes.title}>{t.plan}</h3>
          <ol className={classes.plan}>{steps.map((line, index) => <li key={index}><code dir="ltr">{line}</code></li>)}</ol>
        </div>
      )}
      {words.length > 0 && <div><h3 className={classes.title}>{t.why}</h3>{words.map((line) => <p key={line} dir="auto">{line}</p>)}</div>}
      {notes.length > 0 && <div><h3 className={classes.title}>{t.notes}</h3>{notes.map((line) => <p key={line} dir="auto">{line}</p>)}</div>}
      {misses.length > 0 && <details><summary>{w.why.nearMisses(misses.length, f.number(misses.length))}</summary>{misses.map((line) => <p key={line} dir="auto">{line}</p>)}</details>}
      <Context context={result.context} schema={schema} />
    </div>
  )
}

/** What the rules were told about the message, field by field. */
function Context({ context, schema }: { context: Record<string, unknown>; schema: RuleSchema | null }) {
  const { w, f } = useI18n()
  const entries = Object.entries(context)
  if (entries.length === 0) return null
  const nameOf = (name: string): string => {
    const words = schema?.fields.find((field) => field.name === name)?.words
    return words?.[f.language] ?? words?.['en'] ?? ''
  }
  return (
    <details>
      <summary>{w.rulesLab.trial.context}</summary>
      <dl className={classes.context}>
        {entries.map(([name, value]) => (
          <div key={name}><dt title={nameOf(name)}><code dir="ltr">{name}</code></dt><dd dir="auto">{typeof value === 'string' ? value : JSON.stringify(value)}</dd></div>
        ))}
      </dl>
    </details>
  )
}
