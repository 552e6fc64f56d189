import { IconChevronRight } from '@tabler/icons-react'
import type { BoardAgent } from '../api/routingTypes'
import { useI18n } from '../i18n'
import { LoadRing } from '../frame/LoadRing'
import { ChannelIcon } from '../ui/ChannelIcon'
import { Age } from '../ui/When'
import classes from './BoardPage.module.css'
import cells from './Cells.module.css'
import { ForceState } from './ForceState'
import { reasonWords } from './reasonWords'
import { StateDot } from './states'

export function AgentLine({ agent, open, onToggle }: { agent: BoardAgent; open: boolean; onToggle: () => void }) {
  const { w, f } = useI18n()
  const c = w.board.columns
  const reason = reasonWords(agent.reason, w)
  return (
    <tr data-testid={`board-agent-${agent.id}`}>
      <th scope="row" className={classes.first}>
        <button type="button" className={classes.toggle} aria-expanded={open} aria-label={w.board.expandAgent(agent.name)} onClick={onToggle}>
          <IconChevronRight size={15} stroke={1.8} className={classes.chevron} aria-hidden />
          <LoadRing name={agent.name} presence={null} used={agent.used} capacity={agent.capacity} size={30} />
          <bdi>{agent.name}</bdi>
        </button>
      </th>
      <td data-label={c.state}>
        <span className={cells.state}><StateDot state={agent.state} />{w.board.states[agent.state]}{reason && <span className={classes.dim}><bdi>{reason}</bdi></span>}</span>
      </td>
      <td data-label={c.since} className={classes.figure}><Age at={agent.since} /></td>
      <td data-label={c.load} className={classes.figure}>{w.transfer.load(f.number(agent.used), f.number(agent.capacity))}</td>
      <td data-label={c.work}>
        <span className={classes.icons}>{agent.items.map((item) => <ChannelIcon key={item.work_item} kind={item.kind} size={15} />)}{agent.items.length === 0 && <span className={classes.dim} aria-hidden>–</span>}</span>
      </td>
      <td className={classes.acts}><ForceState agent={agent} /></td>
    </tr>
  )
}
