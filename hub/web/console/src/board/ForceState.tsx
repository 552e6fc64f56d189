import { ActionIcon, Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { api } from '../api/calls'
import type { BoardAgent } from '../api/routingTypes'
import type { Presence } from '../api/types'
import { useI18n } from '../i18n'
import { showDone, showProblem } from '../lib/problem'

const PRESENCES: readonly Presence[] = ['available', 'away', 'offline']

/** Set somebody's presence for them; the log keeps who did. */
export function ForceState({ agent }: { agent: BoardAgent }) {
  const { w } = useI18n()
  function force(presence: Presence): void {
    api.forcePresence(agent.id, presence, '').then(
      () => showDone(w.board.forced(agent.name, w.presence[presence])),
      (error: unknown) => showProblem(error, w),
    )
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target><ActionIcon size={30} aria-label={w.board.force(agent.name)} data-testid={`force-${agent.id}`}><IconDots size={17} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{w.board.forceTitle}</Menu.Label>
        {PRESENCES.map((presence) => (
          <Menu.Item key={presence} disabled={agent.presence === presence} onClick={() => force(presence)} data-testid={`force-${presence}`}>{w.presence[presence]}</Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
