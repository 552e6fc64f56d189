import type { Explanation, Sentences } from '../../api/routingTypes'
import type { Conversation } from '../../api/types'
import { useI18n } from '../../i18n'
import { useHub } from '../../store/store'
import classes from './Explain.module.css'
import { WAITING } from './stages'

/** Sentences that stand at once; the others are shown on demand. */
const FIRST = 3
const PARTS = ['here', 'me', 'waiting'] as const

/** Why here, why this agent, why it still waits: the hub's own sentences, in the reader's language and direction. */
export function Reasons({ explanation, conversation }: { explanation: Explanation; conversation: Conversation }) {
  const { w, f } = useI18n()
  const me = useHub((state) => state.me?.agent?.id)
  const agent = conversation.agent ?? explanation.offers.find((offer) => offer.state === 'pending')?.agent ?? explanation.assignments.at(-1)?.agent
  const words = explanation.words[f.language]
  const titles: Record<keyof Sentences, string> = {
    here: w.why.label.here, waiting: WAITING.has(explanation.work_item.state) ? w.why.label.waiting : w.explain.states.current,
    me: !agent || agent.id === me ? w.why.label.me : w.why.label.agent(agent.name),
  }
  return (
    <>
      {PARTS.map((part) => {
        const lines = words?.[part] ?? []
        if (lines.length === 0) return null
        return (
          <div key={part} className={classes.reason} data-testid={`why-${part}`}>
            {part !== 'here' && <h3 className={classes.title}><bdi>{titles[part]}</bdi></h3>}
            <Lines lines={lines} />
          </div>
        )
      })}
    </>
  )
}

function Lines({ lines }: { lines: readonly string[] }) {
  const { w, f } = useI18n()
  const rest = lines.slice(FIRST)
  return (
    <>
      {lines.slice(0, FIRST).map((line) => <p key={line}>{line}</p>)}
      {rest.length > 0 && (
        <details className={classes.more}>
          <summary>{w.explain.rest(f.number(rest.length))}</summary>
          {rest.map((line) => <p key={line}>{line}</p>)}
        </details>
      )}
    </>
  )
}
