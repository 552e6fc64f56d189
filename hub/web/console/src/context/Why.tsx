import { UnstyledButton } from '@mantine/core'
import { IconFlask } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Explanation } from '../api/routingTypes'
import type { Conversation, Decision, Explained, Id } from '../api/types'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { paths } from '../lib/router'
import { can } from '../store/select'
import { useHub } from '../store/store'
import { PlainLink } from '../ui/PlainLink'
import pane from './ContextPane.module.css'
import explain from './explain/Explain.module.css'
import { Reasons } from './explain/Reasons'
import { Stages } from './explain/Stages'
import { useExplained, useExplanation } from './explain/useExplanation'
import { useTitleByName } from './useTitleByName'
import classes from './Why.module.css'
import { whyHere } from './whyLines'
import { Steps } from './WhySteps'

/** Why it is here, why me, why it still waits; every step on demand. */
export function Why({ conversation }: { conversation: Conversation }) {
  const { w } = useI18n()
  const decision = useHub((state) => state.details[conversation.id]?.decision)
  const explanation = useExplanation(conversation)
  const [all, setAll] = useState<Explained | null>(null)
  const { id } = conversation

  useEffect(() => setAll(null), [id])

  function show(): void {
    api.explain(id).then(setAll, (error: unknown) => showProblem(error, w))
  }
  return (
    <section className={pane.section} data-testid="why">
      <h2 className={pane.title}>
        {w.context.why}
        <UnstyledButton className={pane.more} onClick={() => (all ? setAll(null) : show())} aria-expanded={all !== null} data-testid="explain">
          {all ? w.entry.fold : w.context.whyMore}
        </UnstyledButton>
      </h2>
      {explanation ? <Reasons explanation={explanation} conversation={conversation} /> : <Summary decision={decision ?? null} />}
      <Foot decision={decision ?? null} explanation={explanation} />
      {all && <Everything all={all} explanation={explanation} />}
    </section>
  )
}

function Summary({ decision }: { decision: Decision | null }) {
  const i18n = useI18n()
  const titleOf = useTitleByName()
  if (!decision) return <p className={pane.empty}>{i18n.w.context.whyEmpty}</p>
  const lines = whyHere(decision, titleOf, i18n)
  return (
    <ul className={classes.lines}>
      {lines.map((line, index) => <li key={line} data-first={index === 0 || undefined}>{line}</li>)}
    </ul>
  )
}

/** The version that decided, and the way from "why" to "what if". */
function Foot({ decision, explanation }: { decision: Decision | null; explanation: Explanation | null }) {
  const { w, f } = useI18n()
  const version = explanation?.rule_set.version ?? decision?.version
  if (version === undefined) return null
  return (
    <div className={explain.foot}>
      <span>
        {w.why.version(f.number(version))}
        {decision && <>{w.between}<time dateTime={decision.at} title={f.exact(decision.at)}>{f.relative(decision.at)}</time></>}
      </span>
      {decision?.entry != null && <WhatIf entry={decision.entry} />}
    </div>
  )
}

function WhatIf({ entry }: { entry: Id }) {
  const { w } = useI18n()
  const may = useHub((state) => can(state.me, 'rules'))
  if (!may) return null
  return (
    <PlainLink to={paths.whatIf(entry)} className={explain.whatif} title={w.explain.whatIfHelp} testid="what-if">
      <IconFlask size={14} stroke={1.7} aria-hidden />{w.explain.whatIf}
    </PlainLink>
  )
}

/** The present turn step by step, or the last one; the ones before it folded. */
function Everything({ all, explanation: present }: { all: Explained; explanation: Explanation | null }) {
  const { w, f } = useI18n()
  const last = useExplained(present ? undefined : all.turns.at(-1)?.id)
  const explanation = present ?? last
  if (!explanation) return <Steps all={all} />
  const turns = all.turns.filter((turn) => turn.id !== explanation.work_item.id)
  const decisions = all.decisions.filter((decision) => Date.parse(decision.at) < Date.parse(explanation.work_item.entered_at) - 1000)
  return (
    <>
      <Stages explanation={explanation} />
      {turns.length > 0 && (
        <details className={explain.more}>
          <summary>{w.explain.earlier(turns.length, f.number(turns.length))}</summary>
          <Steps all={{ ...all, turns, decisions }} testid="why-turns" />
        </details>
      )}
    </>
  )
}
