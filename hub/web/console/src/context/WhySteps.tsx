import type { Explained, Turn } from '../api/types'
import { useI18n } from '../i18n'
import type { I18n } from '../i18n'
import { hub, useHub } from '../store/store'
import { refTitle } from '../store/titles'
import { Clock } from '../ui/When'
import { useTitleByName } from './useTitleByName'
import classes from './Why.module.css'
import { nearMisses, whyHere, whyMe, whyWaiting } from './whyLines'

interface Step {
  key: string
  at: string
  title: string
  lines: string[]
  /** Shown on demand. */
  misses?: string[]
}

function offerWords(state: string, w: I18n['w']): string {
  const known: Record<string, string> = w.why.offers
  return known[state] ?? state
}

function turnSteps(turn: Turn, me: number | undefined, i18n: I18n): Step[] {
  const { w, f } = i18n
  const waiting = turn.agent === null && turn.ended_at === null
  const start: Step = {
    key: `t${turn.id}`, at: turn.entered_at, title: w.why.turn(refTitle(hub(), turn.queue, f.language)), lines: waiting ? whyWaiting(turn.why, i18n) : [],
  }
  const offers = turn.offers.map((offer, index): Step => ({
    key: `o${turn.id}/${index}`, at: offer.settled_at ?? offer.made_at,
    title: `${offer.agent.name} ${offerWords(offer.state, w)}`, lines: offer.reason ? [reasonWords(offer.reason, w)] : [],
  }))
  if (!turn.agent || !turn.assigned_at) return [start, ...offers]
  const title = turn.agent.id === me ? w.why.label.me : w.why.label.agent(turn.agent.name)
  return [start, ...offers, { key: `a${turn.id}`, at: turn.assigned_at, title, lines: whyMe(turn.why, i18n) }]
}

function reasonWords(reason: string, w: I18n['w']): string {
  return w.declines.said[reason] ?? reason
}

/** Every decision, turn and offer in order. */
export function Steps({ all, testid = 'why-steps' }: { all: Explained; testid?: string }) {
  const i18n = useI18n()
  const me = useHub((state) => state.me?.agent?.id)
  const titleOf = useTitleByName()
  const decisions = all.decisions.map((decision, index): Step => {
    const [title = '', ...lines] = whyHere(decision, titleOf, i18n)
    return { key: `d${index}`, at: decision.at, title, lines, misses: nearMisses(decision, i18n) }
  })
  const steps = [...decisions, ...all.turns.flatMap((turn) => turnSteps(turn, me, i18n))].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return (
    <ol className={classes.steps} data-testid={testid}>
      {steps.map((step) => (
        <li key={step.key} className={classes.step}>
          <div className={classes.head}><span>{step.title}</span><Clock at={step.at} /></div>
          {step.lines.map((line) => <div key={line} className={classes.sub}>{line}</div>)}
          {step.misses && step.misses.length > 0 && (
            <details className={classes.sub}>
              <summary>{i18n.w.why.nearMisses(step.misses.length, i18n.f.number(step.misses.length))}</summary>
              {step.misses.map((line) => <div key={line} dir="auto">{line}</div>)}
            </details>
          )}
        </li>
      ))}
    </ol>
  )
}
