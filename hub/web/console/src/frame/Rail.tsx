import { IconInbox, IconLayoutDashboard, IconPencilPlus, IconSearch, IconSettings2, IconUsers } from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { useI18n } from '../i18n'
import { MOD } from '../lib/keys'
import type { Route } from '../lib/router'
import { go, paths } from '../lib/router'
import { can, isStaff, unreadMine } from '../store/select'
import { useHub } from '../store/store'
import { Hint } from '../ui/Hint'
import { writeTo } from '../outreach/starting'
import { PresenceMenu } from './PresenceMenu'
import classes from './Rail.module.css'

interface Props {
  page: Route['page']
  onSettings: () => void
  onKeys: () => void
  onFind: () => void
}

export function Rail({ page, onSettings, onKeys, onFind }: Props) {
  const { w } = useI18n()
  const staff = useHub((state) => isStaff(state.me))
  const moves = useHub((state) => can(state.me, 'move'))
  const works = useHub((state) => can(state.me, 'work'))
  const unread = useHub(unreadMine)
  return (
    <nav className={classes.rail} aria-label={w.rail.label}>
      <Place icon={IconInbox} label={w.rail.inbox} keys={['G', 'I']} active={page === 'inbox'} path={paths.inbox} count={unread} />
      <Place icon={IconUsers} label={w.rail.people} keys={['G', 'P']} active={page === 'people'} path={paths.people} />
      {moves && <Place icon={IconLayoutDashboard} label={w.railBoard} keys={['G', 'B']} active={page === 'board'} path={paths.board} />}
      <Hint label={w.common.search} keys={[MOD, 'K']}>
        <button type="button" className={classes.place} aria-label={w.common.search} onClick={onFind}><IconSearch size={20} stroke={1.6} /></button>
      </Hint>
      {works && (
        <Hint label={w.start.title} keys={['C']}>
          <button type="button" className={classes.place} aria-label={w.start.title} onClick={() => writeTo()} data-testid="write"><IconPencilPlus size={20} stroke={1.6} /></button>
        </Hint>
      )}
      {staff && <Place icon={IconSettings2} label={w.rail.admin} keys={['G', 'A']} active={page === 'admin'} path={paths.admin()} />}
      <div className={classes.foot}>
        <PresenceMenu onSettings={onSettings} onKeys={onKeys} />
      </div>
    </nav>
  )
}

interface PlaceProps {
  icon: ComponentType<{ size?: number; stroke?: number }>
  label: string
  keys: string[]
  active: boolean
  path: string
  count?: number
}

function Place({ icon: Icon, label, keys, active, path, count = 0 }: PlaceProps) {
  const { f } = useI18n()
  return (
    <Hint label={label} keys={keys}>
      <a
        href={path} className={classes.place} aria-label={label} aria-current={active ? 'page' : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.button !== 0) return
          event.preventDefault()
          go(path)
        }}
      >
        <Icon size={20} stroke={1.6} />
        {count > 0 && <span className={classes.count}>{f.number(Math.min(count, 99))}</span>}
      </a>
    </Hint>
  )
}
