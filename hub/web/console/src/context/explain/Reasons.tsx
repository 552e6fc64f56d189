import type { Explanation, Sentences } from '../../api/routingTypes'
import type { Conversation } from '../../api/types'
import { useI18n } from '../../i18n'
import { useHub } from '../../store/store'
import classes from './Explain.module.css'

/** Sentences that stand at once; the others are shown on demand. */
const FIRST = 3
const PARTS = ['here', 'me', 'waiting'] as const

/** Why here, why this agent, why it still waits: the hub's own sentences. */
export function Reasons({ explanation, conversation }: { explanation: Explanation; conversation: Conversation }) {
  const { w, f } = useI18n()
  const mine = useHub((state) => conversation.agent !== null && conversation.agent.id === state.me?.agent?.id)
  const words = explanation.words[f.language]
  const titles: Record<keyof Sentences, string> = {
    here: w.why.label.here, waiting: w.why.label.waiting,
    me: mine || !conversation.agent ? w.why.label.me : w.why.label.agent(conversation.agent.name),
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
      {lines.slice(0, FIRST).map((line) => <p key={line} dir="auto">{line}</p>)}
      {rest.length > 0 && (
        <details className={classes.more}>
          <summary>{w.explain.rest(f.number(rest.length))}</summary>
          {rest.map((line) => <p key={line} dir="auto">{line}</p>)}
        </details>
      )}
    </>
  )
}
