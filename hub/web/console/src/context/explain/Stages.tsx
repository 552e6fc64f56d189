import type { ReactNode } from 'react'
import { useMemo } from 'react'
import type { Assignment, ExplainedOffer, Explanation, LogLine, PlanStep } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import { useNow } from '../../lib/clock'
import { useTitleByName } from '../useTitleByName'
import { Candidates } from './Candidates'
import classes from './Explain.module.css'
import type { Stage } from './stages'
import { stagesOf } from './stages'
import { stepParts } from './words'

/** Every step of a turn: done, now and to come, who was asked and what came of it. */
export function Stages({ explanation }: { explanation: Explanation }) {
  const { w } = useI18n()
  const stages = useMemo(() => stagesOf(explanation), [explanation])
  const titleOf = useTitleByName()
  const { work_item: item, standing } = explanation
  return (
    <div data-testid="why-steps">
      <ol className={classes.stages} aria-label={w.explain.timeline}>
        <li className={classes.stage} data-state="past">
          <Head title={w.explain.arrived(titleOf(item.queue.name))} at={item.entered_at} />
        </li>
        {stages.map((stage) => <One key={stage.key} stage={stage} />)}
      </ol>
      {standing && <Candidates standing={standing} title={w.explain.top} />}
    </div>
  )
}

function One({ stage }: { stage: Stage }) {
  const { w } = useI18n()
  const titleOf = useTitleByName()
  return (
    <li className={classes.stage} data-state={stage.state} aria-current={stage.state === 'current' ? 'step' : undefined}>
      {stage.kind === 'step' && <Step step={stage.step} at={stage.at} />}
      {stage.kind === 'offer' && <Offer offer={stage.offer} at={stage.at} />}
      {stage.kind === 'given' && <Given given={stage.given} />}
      {stage.kind === 'log' && <Log line={stage.line} />}
      {stage.kind === 'overflow' && <Head title={w.explain.overflow(titleOf(stage.queue))} at={stage.at} />}
    </li>
  )
}

function Head({ title, at, badge }: { title: ReactNode; at: string | null; badge?: string }) {
  const { f } = useI18n()
  const now = useNow()
  return (
    <div className={classes.head}>
      <span>{title}{badge && <span className={classes.badge}>{badge}</span>}</span>
      {at && <time dateTime={at} title={f.exact(at)}>{f.moment(at, now)}</time>}
    </div>
  )
}

function Step({ step, at }: { step: PlanStep; at: string | null }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const parts = stepParts(step, useTitleByName(), i18n)
  return (
    <>
      <Head title={w.explain.number(f.number(step.number))} at={at} badge={step.state === 'past' ? undefined : w.explain.states[step.state]} />
      <div className={classes.sub}>{parts.map((part) => <div key={part}>{part}</div>)}</div>
    </>
  )
}

/** A sentence as a heading has no full stop. */
const heading = (sentence: string): string => sentence.replace(/\.$/, '')

function Offer({ offer, at }: { offer: ExplainedOffer; at: string }) {
  const { w, f } = useI18n()
  const states: Record<string, string> = w.why.offers
  const [became, ...why] = offer.words[f.language] ?? []
  return (
    <>
      <Head title={became ? heading(became) : `${offer.agent.name} ${states[offer.state] ?? offer.state}`} at={at} />
      <Lines lines={why} />
      <Candidates standing={offer} title={w.explain.topMore} />
    </>
  )
}

function Given({ given }: { given: Assignment }) {
  const { w, f } = useI18n()
  const name = given.agent.name
  return (
    <>
      <Head title={given.how === 'take' ? w.system.taken(name) : w.system.assigned(name)} at={given.at} />
      <Lines lines={given.words[f.language] ?? []} />
      {given.how !== 'ask' && <Candidates standing={given} title={w.explain.topMore} />}
    </>
  )
}

function Log({ line }: { line: LogLine }) {
  const { w, f } = useI18n()
  return <Head title={heading(line.words[f.language] ?? w.system.other)} at={line.at} />
}

function Lines({ lines }: { lines: readonly string[] }) {
  return lines.map((line) => <div key={line} className={classes.sub}>{line}</div>)
}
