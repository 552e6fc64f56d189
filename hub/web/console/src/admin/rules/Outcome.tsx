import type { RuleSchema, TrialResult, TrialStep } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import { useTitleByName } from '../../context/useTitleByName'
import type { StepAsked } from '../../context/explain/words'
import { stepParts } from '../../context/explain/words'
import classes from './Lab.module.css'

/** Where a message would go, how, and why. */
export function Outcome({ result, schema }: { result: TrialResult; schema: RuleSchema | null }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const t = w.rulesLab.trial
  const titleOf = useTitleByName()
  const { decision, queue, plan } = result
  const words = result.words[f.language] ?? []
  return (
    <div className={classes.outcome} role="status" data-testid="try-outcome">
      <div className={classes.answer}>
        <span className={classes.label}>{t.queue}</span>
        <bdi className={classes.queue}>{queue === null ? t.nowhere : titleOf(queue)}</bdi>
        <bdi className={classes.label}>{t.rule(decision.rule)}</bdi>
      </div>
      {plan.length > 0 && (
        <div>
          <h3 className={classes.title}>{t.plan}</h3>
          <ol className={classes.plan}>
            {plan.map((step, index) => <li key={index}>{stepParts(stepOf(step), titleOf, i18n).join(w.between)}</li>)}
            {decision.overflow && <li><bdi>{w.explain.overflow(titleOf(decision.overflow))}</bdi></li>}
          </ol>
        </div>
      )}
      {words.length > 0 && <div><h3 className={classes.title}>{t.why}</h3>{words.map((line) => <p key={line}>{line}</p>)}</div>}
      <Context context={result.context} schema={schema} />
    </div>
  )
}

const stepOf = (step: TrialStep): StepAsked => ({
  require: step.require ?? [], prefer: step.prefer ?? [], also_queues: step.also_queues ?? [], for_seconds: step.for ?? null, then_offer: step.then_offer ?? '',
})

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
