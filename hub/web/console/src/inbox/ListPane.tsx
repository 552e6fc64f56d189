import { Menu, SegmentedControl, Select, UnstyledButton } from '@mantine/core'
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { useMemo } from 'react'
import type { Id } from '../api/types'
import { useI18n } from '../i18n'
import type { ListFilter, StatusFilter, View } from '../store/select'
import { serves, unreadMine, waitingForMe } from '../store/select'
import { hub, useHub } from '../store/store'
import { queueTitle } from '../store/titles'
import { WrapBars } from '../wrap/WrapBar'
import { setFilter, useFilter } from './filter'
import { List } from './List'
import classes from './ListPane.module.css'

const VIEWS: View[] = ['mine', 'queues', 'all']
const STATUSES: StatusFilter[] = ['active', 'snoozed', 'resolved', 'spam']
/** What is resolved belongs to nobody. */
const MINE: StatusFilter[] = ['active', 'snoozed']

export function ListPane({ open }: { open: Id | null }) {
  const { w } = useI18n()
  const kept = useFilter()
  const isAgent = useHub((state) => state.me?.agent != null)
  const filter = useMemo(() => (isAgent ? kept : { ...kept, view: 'all' as const }), [isAgent, kept])
  return (
    <section className={classes.pane} aria-label={w.list.label}>
      <header className={classes.head}>
        {isAgent && <Views filter={filter} />}
        <div className={classes.filters}>
          {filter.view === 'mine' ? <span className={classes.hint}>{w.list.viewHints.mine}</span> : <QueuePicker filter={filter} />}
          <StatusPicker filter={filter} />
        </div>
      </header>
      <List filter={filter} open={open} />
      {open === null && <WrapBars open={null} />}
    </section>
  )
}

function Views({ filter }: { filter: ListFilter }) {
  const { w, f } = useI18n()
  const unread = useHub(unreadMine)
  const waiting = useHub(waitingForMe)
  const counts: Record<View, number> = { mine: unread, queues: waiting, all: 0 }
  const data = VIEWS.map((view) => ({
    value: view,
    label: (
      <span className={classes.view} data-testid={`view-${view}`} title={w.list.viewHints[view]}>
        {w.list.views[view]}
        {counts[view] > 0 && <span className={classes.count}>{f.number(counts[view])}</span>}
      </span>
    ),
  }))
  return <SegmentedControl fullWidth size="sm" aria-label={w.list.label} data={data} value={filter.view} onChange={(view) => setFilter({ view: view as View, queue: null, status: view === 'mine' && filter.status === 'resolved' ? 'active' : filter.status })} />
}

function QueuePicker({ filter }: { filter: ListFilter }) {
  const { w, f } = useI18n()
  const queues = useHub((state) => state.queues)
  const data = useMemo(() => {
    const shown = Object.values(queues).filter((queue) => filter.view === 'all' || serves(hub(), queue.id))
    const label = (title: string, waiting: number): string => (waiting > 0 ? `${title}${w.between}${f.number(waiting)}` : title)
    return [
      { value: '', label: filter.view === 'all' ? w.list.everyQueue : w.list.allQueues },
      ...shown.map((queue) => ({ value: String(queue.id), label: label(queueTitle(queue, f.language), queue.waiting) })),
    ]
  }, [queues, filter.view, f, w])
  return (
    <Select
      size="xs" variant="unstyled" className={classes.queue} aria-label={w.list.queue} data={data} allowDeselect={false} value={filter.queue === null ? '' : String(filter.queue)}
      rightSection={<IconChevronDown size={14} />} rightSectionWidth={18} rightSectionPointerEvents="none" comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
      onChange={(value) => setFilter({ queue: value ? Number(value) : null })} data-testid="queue-filter"
    />
  )
}

function StatusPicker({ filter }: { filter: ListFilter }) {
  const { w } = useI18n()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <UnstyledButton className={classes.status} aria-label={w.list.status} data-testid="status-filter">
          {w.list.statuses[filter.status]} <IconChevronDown size={14} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {(filter.view === 'mine' ? MINE : STATUSES).map((status) => (
          <Menu.Item key={status} onClick={() => setFilter({ status })} rightSection={filter.status === status ? <IconCheck size={14} /> : null}>
            {w.list.statuses[status]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
