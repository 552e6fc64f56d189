import { IconCircleCheck, IconInbox, IconZzz } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import type { ListFilter } from '../store/select'
import { serves } from '../store/select'
import { useHub } from '../store/store'
import { Empty } from '../ui/Empty'

export function ListEmpty({ filter }: { filter: ListFilter }) {
  const words = useI18n().w.list.empty
  const served = useHub((state) => Object.values(state.queues).some((queue) => serves(state, queue.id)))
  if (filter.status === 'resolved') return <Empty icon={<IconCircleCheck size={36} stroke={1.2} />} title={words.resolved} help={words.resolvedHelp} />
  if (filter.status === 'snoozed') return <Empty icon={<IconZzz size={36} stroke={1.2} />} title={words.snoozed} help={words.snoozedHelp} />
  const icon = <IconInbox size={36} stroke={1.2} />
  if (filter.view === 'mine') return <Empty icon={icon} title={words.mine} help={words.mineHelp} />
  if (filter.view === 'all') return <Empty icon={icon} title={words.all} help={words.allHelp} />
  return served
    ? <Empty icon={icon} title={words.queues} help={words.queuesHelp} />
    : <Empty icon={icon} title={words.noQueues} help={words.noQueuesHelp} />
}
