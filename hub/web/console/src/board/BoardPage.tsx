import { IconLayoutDashboard } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import { useBoard } from '../live/board'
import { can } from '../store/select'
import { useHub } from '../store/store'
import { Empty } from '../ui/Empty'
import { Agents } from './Agents'
import classes from './BoardPage.module.css'
import { Queues } from './Queues'

/** For supervisors: what waits where, who does what, now. Rows keep their places. */
export default function BoardPage() {
  const { w, f } = useI18n()
  const allowed = useHub((state) => can(state.me, 'move'))
  const { board, lost } = useBoard()
  if (!allowed) return <Empty title={w.board.refused} />
  return (
    <div className={classes.page} data-testid="board">
      <div className={classes.inner}>
        <header className={classes.head}>
          <h1 className={classes.title}>{w.board.title}</h1>
          {board && <span className={classes.at} data-lost={lost || undefined} title={lost ? w.board.lost : undefined}>{w.board.live(f.time(board.at))}</span>}
        </header>
        {lost && board && <p className={classes.lost} role="status">{w.board.lost}</p>}
        {!board && <Empty icon={<IconLayoutDashboard size={44} stroke={1.1} />} title={lost ? w.board.lost : w.common.loading} />}
        {board && board.queues.length === 0 && <Empty title={w.board.empty} help={w.board.emptyHelp} />}
        {board && board.queues.length > 0 && <Queues queues={board.queues} />}
        {board && board.agents.length > 0 && <Agents agents={board.agents} />}
      </div>
    </div>
  )
}
