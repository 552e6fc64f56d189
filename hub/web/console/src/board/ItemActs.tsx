import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconExternalLink, IconHandGrab } from '@tabler/icons-react'
import { api } from '../api/calls'
import type { Conversation, Id } from '../api/types'
import { STARTS, startWords } from '../conversation/PriorityDialog'
import { useI18n } from '../i18n'
import { showDone, showProblem } from '../lib/problem'
import { go, paths } from '../lib/router'
import { addConversations } from '../store/reduce'
import { update, useHub } from '../store/store'
import { queueTitle } from '../store/titles'
import classes from './Items.module.css'

interface Props {
  item: Id
  conversation: Id
  queue: Id | null
  /** Seconds of head start; undefined where it is not in line. */
  priority?: number
  name: string
}

/** Take, move or re-prioritise one piece of work. */
export function ItemActs({ item, conversation, queue, priority, name }: Props) {
  const i18n = useI18n()
  const { w, f } = i18n
  const queues = useHub((state) => state.queues)
  const isAgent = useHub((state) => state.me?.agent != null)
  function act(doing: Promise<Conversation>, done: string): void {
    doing.then((fresh) => {
      update((state) => addConversations(state, [fresh]))
      showDone(done)
    }, (error: unknown) => showProblem(error, w))
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size={30} aria-label={w.board.act(name)} data-testid={`acts-${conversation}`}><IconDots size={17} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        <Menu.Item leftSection={<IconExternalLink size={15} stroke={1.6} className="turns" />} onClick={() => go(paths.conversation(conversation))}>{w.board.open}</Menu.Item>
        {isAgent && (
          <Menu.Item leftSection={<IconHandGrab size={15} stroke={1.6} />} onClick={() => act(api.takeItem(item), w.conversation.taken)} data-testid="act-take">{w.board.take}</Menu.Item>
        )}
        <Menu.Label>{w.board.moveTo}</Menu.Label>
        {Object.values(queues).filter((other) => other.id !== queue).map((other) => {
          const title = queueTitle(other, f.language)
          return <Menu.Item key={other.id} onClick={() => act(api.moveItem(item, other.id), w.board.moved(title))} data-testid={`act-move-${other.name}`}><bdi>{title}</bdi></Menu.Item>
        })}
        {priority !== undefined && (
          <>
            <Menu.Label>{w.priority.title}</Menu.Label>
            {STARTS.map((seconds) => (
              <Menu.Item key={seconds} disabled={seconds === priority} onClick={() => act(api.priority(item, seconds), w.priority.done)} data-testid={`act-priority-${seconds}`}>{startWords(seconds, i18n)}</Menu.Item>
            ))}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
