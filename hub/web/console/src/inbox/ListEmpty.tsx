import { Button } from '@mantine/core'
import { IconCircleCheck, IconInbox, IconShieldX, IconZzz } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import type { ListFilter } from '../store/select'
import { serves } from '../store/select'
import { useHub } from '../store/store'
import { usePresence } from '../frame/usePresence'
import { Empty } from '../ui/Empty'
import { setFilter } from './filter'

export function ListEmpty({ filter }: { filter: ListFilter }) {
  const words = useI18n().w.list.empty
  const served = useHub((state) => Object.values(state.queues).some((queue) => serves(state, queue.id)))
  const away = useHub((state) => state.me?.agent != null && state.me.agent.presence !== 'available')
  if (filter.status === 'resolved') return <Empty icon={<IconCircleCheck size={36} stroke={1.2} />} title={words.resolved} help={words.resolvedHelp} />
  if (filter.status === 'snoozed') return <Empty icon={<IconZzz size={36} stroke={1.2} />} title={words.snoozed} help={words.snoozedHelp} />
  if (filter.status === 'spam') return <Empty icon={<IconShieldX size={36} stroke={1.2} />} title={words.spam} help={words.spamHelp} />
  const icon = <IconInbox size={36} stroke={1.2} />
  if (filter.view === 'all') return <Empty icon={icon} title={words.all} help={words.allHelp} />
  if (!served) return <NoQueue />
  if (filter.view === 'queues') return <Empty icon={icon} title={words.queues} help={words.queuesHelp} />
  return away ? <Away /> : <Empty icon={icon} title={words.mine} help={words.mineHelp} />
}

/** Whoever serves no queue, an admin mostly, gets nothing by being available: show what there is. */
function NoQueue() {
  const { w } = useI18n()
  return (
    <Empty icon={<IconInbox size={36} stroke={1.2} />} title={w.list.empty.noQueues} help={w.list.empty.noQueuesHelp}>
      <Button size="xs" mt="md" onClick={() => setFilter({ view: 'all', queue: null })} data-testid="show-all">{w.list.empty.showAll}</Button>
    </Empty>
  )
}

/** An empty desk because nothing is offered: say so, and offer the way back. */
function Away() {
  const { w } = useI18n()
  const change = usePresence()
  return (
    <Empty icon={<IconInbox size={36} stroke={1.2} />} title={w.list.empty.mine} help={w.list.empty.mineAway}>
      <Button size="xs" mt="md" onClick={() => change('available')} data-testid="become-available">{w.presence.become}</Button>
    </Empty>
  )
}
