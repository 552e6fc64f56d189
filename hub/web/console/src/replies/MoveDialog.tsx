import { Button, Checkbox, Modal, TextInput } from '@mantine/core'
import { useEffect, useMemo, useState } from 'react'
import { api } from '../api/calls'
import type { Conversation, Id } from '../api/types'
import { useI18n } from '../i18n'
import { addConversations } from '../store/reduce'
import { update, useHub } from '../store/store'
import { ChannelIcon } from '../ui/ChannelIcon'
import { nameOf } from '../ui/useName'
import { moveEntry } from './actions'
import classes from './MoveDialog.module.css'

interface Props {
  entry: Id | null
  conversation: Id
  onClose: () => void
}

/** Where an entry should be instead: another matter of this person, or any by its code. */
export function MoveDialog({ entry, conversation, onClose }: Props) {
  const { w } = useI18n()
  return (
    <Modal opened={entry !== null} onClose={onClose} title={w.replies.moveTitle} size="md" closeButtonProps={{ 'aria-label': w.common.close }}>
      {entry !== null && <Chooser entry={entry} conversation={conversation} onClose={onClose} />}
    </Modal>
  )
}

/** The person's other matters, newest first; those that are not here yet are fetched. */
function useMatters(conversation: Id): { name: string; matters: Conversation[] } {
  const here = useHub((state) => state.conversations[conversation])
  const all = useHub((state) => state.conversations)
  const contact = here?.contact.id
  useEffect(() => {
    if (contact === undefined) return
    api.conversations({ view: 'all', contact }).then((page) => update((state) => addConversations(state, page.items)), () => undefined)
  }, [contact])
  const matters = useMemo(() => Object.values(all)
    .filter((one) => one.contact.id === contact && one.id !== conversation && one.status !== 'spam' && one.status !== 'moved')
    .sort((a, b) => Date.parse(b.last_at) - Date.parse(a.last_at)), [all, contact, conversation])
  return { name: here?.contact.name ?? '', matters }
}

function Chooser({ entry, conversation, onClose }: { entry: Id; conversation: Id; onClose: () => void }) {
  const { w } = useI18n()
  const { name, matters } = useMatters(conversation)
  const [chosen, setChosen] = useState<Id | null>(null)
  const [code, setCode] = useState('')
  const [later, setLater] = useState(false)
  const [busy, setBusy] = useState(false)
  const digits = code.replace(/[\s-]/g, '')

  async function submit(): Promise<void> {
    setBusy(true)
    const subject = matters.find((one) => one.id === chosen)?.subject ?? ''
    const body = chosen === null ? { code: digits, later } : { conversation: chosen, later }
    const done = await moveEntry(entry, conversation, body, w.replies.moveDone(subject), w)
    setBusy(false)
    if (done) onClose()
  }

  return (
    <div className={classes.chooser}>
      <div className={classes.label}>{w.replies.moveOf(nameOf(name, w))}</div>
      {matters.length === 0 && <p className={classes.none}>{w.replies.moveNone}</p>}
      <div className={classes.list} role="radiogroup" aria-label={w.replies.moveTitle}>
        {matters.map((one) => (
          <Matter key={one.id} matter={one} chosen={chosen === one.id} onChoose={() => {
            setChosen(one.id)
            setCode('')
          }} />
        ))}
      </div>
      <TextInput
        label={w.replies.moveCode} description={w.replies.moveCodeHint} value={code} inputMode="numeric" dir="ltr" data-testid="move-code"
        onChange={(event) => {
          setCode(event.currentTarget.value)
          setChosen(null)
        }}
      />
      <Checkbox size="xs" label={w.replies.moveLater} checked={later} onChange={(event) => setLater(event.currentTarget.checked)} />
      <div className={classes.foot}>
        <span className={classes.help}>{w.replies.moveHelp}</span>
        <Button disabled={chosen === null && digits.length !== 8} loading={busy} onClick={() => void submit()} data-testid="move-submit">{w.replies.moveSubmit}</Button>
      </div>
    </div>
  )
}

function Matter({ matter, chosen, onChoose }: { matter: Conversation; chosen: boolean; onChoose: () => void }) {
  const { w, f } = useI18n()
  return (
    <button type="button" role="radio" aria-checked={chosen} className={classes.matter} onClick={onChoose} data-testid={`matter-${matter.id}`}>
      <ChannelIcon kind={matter.channel.kind} size={15} />
      <bdi className={classes.subject}>{matter.subject || matter.last_text}</bdi>
      <span className={classes.fact}>{w.status[matter.status]}{w.between}{f.relative(matter.last_at)}</span>
    </button>
  )
}
