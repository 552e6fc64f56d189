import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { Conversation, Id } from '../api/types'
import { useI18n } from '../i18n'
import { useHub } from '../store/store'
import { queueTitle } from '../store/titles'
import { Face } from '../ui/Face'
import classes from './TransferDialog.module.css'
import type { Actions } from './useActions'

interface Props {
  kind: 'transfer' | 'assign' | null
  conversation: Conversation
  actions: Actions
  onClose: () => void
}

interface Target {
  key: string
  to: { queue?: Id; agent?: Id }
  name: string
  fact: string
  presence?: string
  here: boolean
}

export function TransferDialog({ kind, conversation, actions, onClose }: Props) {
  const { w } = useI18n()
  const title = kind === 'assign' ? w.conversation.assign : w.transfer.title
  return (
    <Modal opened={kind !== null} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': w.common.close }}>
      {kind && <Chooser kind={kind} conversation={conversation} actions={actions} onClose={onClose} />}
    </Modal>
  )
}

function useTargets(conversation: Conversation, kind: 'transfer' | 'assign'): { queues: Target[]; agents: Target[] } {
  const { w, f } = useI18n()
  const queues = useHub((state) => state.queues)
  const agents = useHub((state) => state.agents)
  return useMemo(() => {
    const rank = { available: 0, away: 1, offline: 2 }
    return {
      queues: kind === 'assign' ? [] : Object.values(queues).map((queue) => ({
        key: `q${queue.id}`, to: { queue: queue.id }, name: queueTitle(queue, f.language), fact: w.transfer.waiting(f.number(queue.waiting)),
        here: conversation.queue?.id === queue.id && conversation.agent === null,
      })),
      agents: Object.values(agents).sort((a, b) => rank[a.presence] - rank[b.presence] || a.used - b.used).map((agent) => ({
        key: `a${agent.id}`, to: { agent: agent.id }, name: agent.name, presence: agent.presence,
        fact: `${w.presence[agent.presence]}${w.between}${w.transfer.load(f.number(agent.used), f.number(agent.capacity))}`,
        here: conversation.agent?.id === agent.id,
      })),
    }
  }, [queues, agents, conversation, kind, w, f])
}

function Chooser({ kind, conversation, actions, onClose }: Omit<Props, 'kind'> & { kind: 'transfer' | 'assign' }) {
  const { w } = useI18n()
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState<Target | null>(null)
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const { queues, agents } = useTargets(conversation, kind)
  const fits = (target: Target): boolean => target.name.toLocaleLowerCase().includes(query.trim().toLocaleLowerCase())
  const shownQueues = queues.filter(fits)
  const shownAgents = agents.filter(fits)

  async function submit(): Promise<void> {
    if (!chosen) return
    setBusy(true)
    const done = await actions.transfer(chosen.to, chosen.name, note.trim())
    setBusy(false)
    if (done) onClose()
  }

  const words = kind === 'assign' ? { find: w.transfer.findAgent, submit: w.transfer.assign } : w.transfer
  return (
    <div className={classes.chooser}>
      <TextInput data-autofocus placeholder={words.find} aria-label={words.find} value={query} onChange={(event) => setQuery(event.currentTarget.value)} dir={query ? 'auto' : undefined} />
      <div className={classes.list} role="radiogroup" aria-label={w.transfer.title}>
        <Group title={w.transfer.queues} items={shownQueues} chosen={chosen} onChoose={setChosen} />
        <Group title={w.transfer.agents} items={shownAgents} chosen={chosen} onChoose={setChosen} />
        {shownQueues.length + shownAgents.length === 0 && <p className={classes.none}>{w.transfer.nothing}</p>}
      </div>
      <Textarea autosize minRows={1} maxRows={5} placeholder={w.transfer.note} aria-label={w.transfer.note} value={note} onChange={(event) => setNote(event.currentTarget.value)} dir="auto" />
      <div className={classes.foot}>
        <span className={classes.help}>{w.transfer.help}</span>
        <Button disabled={!chosen} loading={busy} onClick={() => void submit()} data-testid="transfer-submit">{words.submit}</Button>
      </div>
    </div>
  )
}

function Group({ title, items, chosen, onChoose }: { title: string; items: Target[]; chosen: Target | null; onChoose: (target: Target) => void }) {
  const { w } = useI18n()
  if (items.length === 0) return null
  return (
    <>
      <div className={classes.title}>{title}</div>
      {items.map((item) => (
        <button
          key={item.key} type="button" role="radio" aria-checked={chosen?.key === item.key} disabled={item.here} className={classes.target}
          onClick={() => onChoose(item)} data-testid={`target-${item.key}`}
        >
          {item.to.agent !== undefined && <span className={classes.face} data-presence={item.presence}><Face name={item.name} size={24} /></span>}
          <span className={classes.name}><bdi>{item.name}</bdi></span>
          <span className={classes.fact}>{item.here ? w.transfer.current : item.fact}</span>
        </button>
      ))}
    </>
  )
}
