import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { BoardAgent, BoardItem, StateLogLine } from '../api/routingTypes'
import { useI18n } from '../i18n'
import { atClock } from '../i18n/format'
import { paths } from '../lib/router'
import { useHub } from '../store/store'
import { ChannelIcon } from '../ui/ChannelIcon'
import { PlainLink } from '../ui/PlainLink'
import { nameOf } from '../ui/useName'
import { Clock } from '../ui/When'
import classes from './Items.module.css'
import { ItemActs } from './ItemActs'
import { reasonWords } from './reasonWords'

/** What somebody has in hand, and how their day went. */
export function AgentWork({ agent }: { agent: BoardAgent }) {
  const { w } = useI18n()
  return (
    <div className={classes.halves}>
      <div>
        {agent.items.length === 0 && <p className={classes.none}>{w.board.nothingOpen}</p>}
        <ul className={classes.items}>{agent.items.map((item) => <Held key={item.work_item} item={item} />)}</ul>
      </div>
      <Day agent={agent} />
    </div>
  )
}

function Held({ item }: { item: BoardItem }) {
  const { w } = useI18n()
  const conversation = useHub((state) => state.conversations[item.conversation])
  const name = nameOf(conversation?.contact.name ?? '', w)
  return (
    <li className={classes.item}>
      <ChannelIcon kind={item.kind} size={15} />
      <PlainLink to={paths.conversation(item.conversation)} className={classes.name}><bdi>{name}</bdi></PlainLink>
      <span className={classes.last} dir="auto">{conversation?.last_text}</span>
      <ItemActs item={item.work_item} conversation={item.conversation} queue={conversation?.queue?.id ?? null} name={name} />
    </li>
  )
}

function Day({ agent }: { agent: BoardAgent }) {
  const { w, f } = useI18n()
  const [lines, setLines] = useState<StateLogLine[] | null>(null)
  const { id, presence } = agent
  useEffect(() => {
    const midnight = atClock(new Date(), 0, 0, f.settings.timeZone).toISOString()
    api.agentLog(id, midnight).then((page) => setLines(page.items), () => setLines([]))
  }, [id, presence, f])
  const by = (line: StateLogLine): string => (line.actor === 'hub' || line.actor === agent.name ? '' : w.board.by(line.actor))
  const words = (line: StateLogLine): string => [w.presence[line.presence], reasonWords(line.reason, w), by(line)].filter(Boolean).join(w.between)
  return (
    <div>
      <h3 className={classes.small}>{w.board.log}</h3>
      {lines?.length === 0 && <p className={classes.none}>{w.board.logEmpty}</p>}
      <ol className={classes.day}>
        {lines?.map((line) => <li key={line.at}><Clock at={line.at} /> <bdi>{words(line)}</bdi></li>)}
      </ol>
    </div>
  )
}
