import { UnstyledButton } from '@mantine/core'
import { useCallback, useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Conversation, Decision, Explained } from '../api/types'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { hub, useHub } from '../store/store'
import { queueTitle } from '../store/titles'
import pane from './ContextPane.module.css'
import classes from './Why.module.css'
import { whyHere } from './whyLines'
import { Steps } from './WhySteps'

/** A queue's title by its name, as decisions hold names. */
export function useTitleByName(): (name: string) => string {
  const { f } = useI18n()
  return useCallback((name: string) => {
    const queue = Object.values(hub().queues).find((item) => item.name === name)
    return queue ? queueTitle(queue, f.language) : name
  }, [f.language])
}

/** Why it is here, why me, why it still waits; every step on demand. */
export function Why({ conversation }: { conversation: Conversation }) {
  const { w } = useI18n()
  const decision = useHub((state) => state.details[conversation.id]?.decision)
  const [all, setAll] = useState<Explained | null>(null)
  const { id } = conversation

  useEffect(() => setAll(null), [id])

  function explain(): void {
    api.explain(id).then(setAll, (error: unknown) => showProblem(error, w))
  }
  return (
    <section className={pane.section} data-testid="why">
      <h2 className={pane.title}>
        {w.context.why}
        <UnstyledButton className={pane.more} onClick={() => (all ? setAll(null) : explain())} aria-expanded={all !== null} data-testid="explain">
          {all ? w.entry.fold : w.context.whyMore}
        </UnstyledButton>
      </h2>
      {decision ? <Summary decision={decision} /> : <p className={pane.empty}>{w.context.whyEmpty}</p>}
      {all && <Steps all={all} />}
    </section>
  )
}

function Summary({ decision }: { decision: Decision }) {
  const i18n = useI18n()
  const lines = whyHere(decision, useTitleByName(), i18n)
  return (
    <ul className={classes.lines}>
      {lines.map((line, index) => <li key={line} data-first={index === 0 || undefined}>{line}</li>)}
      <li>{i18n.w.why.version(i18n.f.number(decision.version))} · <time dateTime={decision.at} title={i18n.f.exact(decision.at)}>{i18n.f.relative(decision.at)}</time></li>
    </ul>
  )
}

