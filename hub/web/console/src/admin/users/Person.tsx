import { ActionIcon, Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import type { User } from '../../api/accessTypes'
import { useI18n } from '../../i18n'
import { useNow } from '../../lib/clock'
import { useHub } from '../../store/store'
import { Face } from '../../ui/Face'
import page from '../AdminPage.module.css'
import type { Act } from './useActs'
import { useQueueNames } from './useQueueNames'
import classes from './Users.module.css'

type State = 'active' | 'invited' | 'locked' | 'off' | 'never'

function stateOf(user: User): State {
  if (!user.active) return 'off'
  if (user.locked_until) return 'locked'
  if (user.signed_in_at) return 'active'
  return user.invited_at ? 'invited' : 'never'
}

export function Person({ user, act }: { user: User; act: (user: User, act: Act) => void }) {
  const { w, f } = useI18n()
  const now = useNow()
  const me = useHub((state) => state.me?.id)
  const { title: titleOf } = useQueueNames()
  const titles = user.queues.map(titleOf).join(w.users.comma)
  const state = stateOf(user)
  const title = state === 'locked' && user.locked_until ? w.users.lockedUntil(f.moment(user.locked_until, now)) : undefined
  return (
    <tr data-off={!user.active || undefined} data-testid={`user-${user.email}`}>
      <td>
        <div className={classes.person}>
          <Face name={user.name || user.email} size={30} />
          <div>
            <div className={classes.name}><bdi>{user.name}</bdi>{user.id === me && <span className={classes.you}> ({w.users.you})</span>}</div>
            <bdi className={`${page.dim} address`}>{user.email}</bdi>
            <div className={`${page.dim} ${classes.narrow}`}>{w.users.roles[user.role] ?? user.role}</div>
          </div>
        </div>
      </td>
      <td data-side>{w.users.roles[user.role] ?? user.role}</td>
      <td data-side><div className={classes.queues}>{titles || <span className={page.dim}>{w.users.noQueues}</span>}</div></td>
      <td>
        <span className={classes.state} data-state={state} title={title}>{w.users.states[state]}</span>
        <div className={classes.marks}>
          {user.second_factor && <span>{w.users.factor}</span>}
          {user.provider && <span>{w.users.provider}</span>}
        </div>
      </td>
      <td data-side className={page.dim}>{user.signed_in_at && <time dateTime={user.signed_in_at} title={f.exact(user.signed_in_at)}>{f.moment(user.signed_in_at, now)}</time>}</td>
      <td><Acts user={user} mine={user.id === me} act={(one) => act(user, one)} /></td>
    </tr>
  )
}

function Acts({ user, mine, act }: { user: User; mine: boolean; act: (act: Act) => void }) {
  const { w } = useI18n()
  const u = w.users
  const fresh = !user.signed_in_at
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <ActionIcon aria-label={u.act(user.name)} data-testid={`act-${user.email}`}><IconDots size={17} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {user.active && <Menu.Item onClick={() => act('edit')} data-testid="user-edit">{u.edit}</Menu.Item>}
        {user.active && <Menu.Item onClick={() => act(fresh ? 'invite' : 'reset')}>{fresh ? u.sendInvitation : u.sendReset}</Menu.Item>}
        {user.active && <Menu.Item onClick={() => act('link')} data-testid="user-link">{u.copyLink}</Menu.Item>}
        {user.locked_until && <Menu.Item onClick={() => act('unlock')}>{u.unlock}</Menu.Item>}
        {user.sessions > 0 && !mine && <Menu.Item onClick={() => act('signOut')} data-testid="user-sign-out">{u.signOut}</Menu.Item>}
        {user.second_factor && !mine && <Menu.Item onClick={() => act('factor')}>{u.removeFactor}</Menu.Item>}
        {!mine && <Menu.Divider />}
        {!mine && user.active && <Menu.Item c="var(--hub-bad)" onClick={() => act('leave')} data-testid="user-off">{u.switchOff}</Menu.Item>}
        {!mine && !user.active && <Menu.Item onClick={() => act('on')} data-testid="user-on">{u.switchOn}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  )
}
