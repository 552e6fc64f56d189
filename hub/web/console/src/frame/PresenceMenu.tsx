import { Menu, UnstyledButton } from '@mantine/core'
import { IconCheck, IconKeyboard, IconLogout, IconSettings, IconShieldLock, IconTestPipe } from '@tabler/icons-react'
import type { Presence } from '../api/types'
import { useI18n } from '../i18n'
import { go, paths } from '../lib/router'
import { signOut } from '../live/session'
import { useHub } from '../store/store'
import { BASE } from '../lib/base'
import { LoadRing } from './LoadRing'
import classes from './PresenceMenu.module.css'
import { usePresence } from './usePresence'

/** In a demo: where one writes as a customer. */
const SIMULATOR = `${BASE}/simulator`
const REASONS = ['break', 'lunch', 'meeting'] as const

/** At the foot of the rail: who I am, how loaded, and whether I take new work. */
export function PresenceMenu({ onSettings, onKeys }: { onSettings: () => void; onKeys: () => void }) {
  const { w, f } = useI18n()
  const me = useHub((state) => state.me)
  if (!me) return null
  const { agent } = me
  const state = agent ? w.presence[agent.presence] : w.presence.notAgent
  const load = agent ? w.rail.load(f.number(agent.used), f.number(agent.capacity)) : ''
  return (
    <Menu position="right-end" width={270} offset={10}>
      <Menu.Target>
        <UnstyledButton className={classes.me} aria-label={`${w.rail.me}: ${state}. ${load}`} data-testid="presence">
          <LoadRing name={me.name} presence={agent?.presence ?? null} used={agent?.used ?? 0} capacity={agent?.capacity ?? 0} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <bdi className={classes.name}>{me.name}</bdi>
          <span className={classes.load}>{agent ? load : state}</span>
        </div>
        {agent && <PresenceItems presence={agent.presence} reason={agent.reason} />}
        <Menu.Divider />
        {me.hub.demo && (
          <Menu.Item component="a" href={SIMULATOR} target="_blank" leftSection={<IconTestPipe size={16} stroke={1.6} />}>{w.presence.simulator}</Menu.Item>
        )}
        <Menu.Item leftSection={<IconSettings size={16} stroke={1.6} />} onClick={onSettings} data-testid="open-settings">{w.presence.settings}</Menu.Item>
        <Menu.Item leftSection={<IconShieldLock size={16} stroke={1.6} />} onClick={() => go(paths.security)} data-testid="open-security">{w.security.menu}</Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} stroke={1.6} />} onClick={onKeys}>{w.presence.shortcuts}</Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.6} className="turns" />} onClick={() => void signOut()} data-testid="sign-out">{w.presence.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function PresenceItems({ presence, reason }: { presence: Presence; reason: string | null }) {
  const { w } = useI18n()
  const change = usePresence()
  return (
    <>
      {(['available', 'away', 'offline'] as const).map((state) => (
        <div key={state}>
          <Menu.Item
            onClick={() => change(state)} data-testid={`presence-${state}`} aria-current={presence === state || undefined}
            leftSection={<span className={classes.dot} data-presence={state} />} rightSection={presence === state ? <IconCheck size={15} /> : null}
          >
            <span className={classes.label}>{w.presence[state]}</span>
            <span className={classes.hint}>{w.presence.hints[state]}</span>
          </Menu.Item>
          {state === 'away' && <Reasons chosen={presence === 'away' ? reason : null} />}
        </div>
      ))}
    </>
  )
}

function Reasons({ chosen }: { chosen: string | null }) {
  const { w } = useI18n()
  const change = usePresence()
  return (
    <div className={classes.reasons}>
      {REASONS.map((key) => (
        <Menu.Item key={key} className={classes.reason} onClick={() => change('away', key)} data-active={chosen === key || undefined} data-testid={`away-${key}`}>
          {w.presence.reasons[key]}
        </Menu.Item>
      ))}
    </div>
  )
}
