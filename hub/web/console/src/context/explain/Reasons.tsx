import type { Explanation, Sentences } from '../../api/routingTypes'
import type { Conversation } from '../../api/types'
import { useI18n } from '../../i18n'
import { useHub } from '../../store/store'
import classes from './Explain.module.css'

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
  const { position } = explanation
  return (
    <>
      {PARTS.map((part) => {
        const lines = words?.[part] ?? []
        const place = part === 'waiting' && position !== null && position > 0 ? [w.explain.position(f.number(position))] : []
        if (lines.length + place.length === 0) return null
        return (
          <div key={part} className={classes.reason} data-testid={`why-${part}`}>
            {part !== 'here' && <h3 className={classes.title}><bdi>{titles[part]}</bdi></h3>}
            {[...place, ...lines].map((line) => <p key={line} dir="auto">{line}</p>)}
          </div>
        )
      })}
    </>
  )
}
