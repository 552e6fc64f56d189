import type { ReactNode } from 'react'
import { useMemo } from 'react'
import type { ExplainedOffer, Explanation, LogLine, PlanStep } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import { useNow } from '../../lib/clock'
import { useTitleByName } from '../useTitleByName'
import { nearMisses } from '../whyLines'
import { Candidates } from './Candidates'
import classes from './Explain.module.css'
import type { Stage } from './stages'
import { stagesOf } from './stages'
import { logWords, stepParts } from './words'

/** Every step of a turn: done, now and to come, who was asked and what came of it. */
export function Stages({ explanation }: { explanation: Explanation }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const stages = useMemo(() => stagesOf(explanation), [explanation])
  const titleOf = useTitleByName()
  const { decision, work_item: item, standing } = explanation
  const misses = decision ? nearMisses(decision, i18n) : []
  return (
    <div data-testid="why-steps">
      <ol className={classes.stages} aria-label={w.explain.timeline}>
        <li className={classes.stage} data-state="past">
          <Head title={w.explain.arrived(titleOf(item.queue.name))} at={item.entered_at} />
          {misses.length > 0 && (
            <details className={classes.more}>
              <summary>{w.why.nearMisses(misses.length, f.number(misses.length))}</summary>
              {misses.map((line) => <div key={line} dir="auto">{line}</div>)}
            </details>
          )}
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
      <div className={classes.sub}>{parts.map((part) => <div key={part}><bdi>{part}</bdi></div>)}</div>
    </>
  )
}

function Offer({ offer, at }: { offer: ExplainedOffer; at: string }) {
  const { w } = useI18n()
  const states: Record<string, string> = w.why.offers
  const reason = offer.reason ? (w.declines.said[offer.reason] ?? offer.reason) : ''
  return (
    <>
      <Head title={<><bdi>{offer.agent.name}</bdi> {states[offer.state] ?? offer.state}</>} at={at} />
      {reason && <div className={classes.sub} dir="auto">{reason}</div>}
      <Candidates standing={offer} title={w.explain.topMore} />
    </>
  )
}

function Log({ line }: { line: LogLine }) {
  const i18n = useI18n()
  const { title, detail } = logWords(line, useTitleByName(), i18n)
  return (
    <>
      <Head title={title} at={line.at} />
      {detail && <div className={classes.sub} dir="auto">{detail}</div>}
    </>
  )
}
