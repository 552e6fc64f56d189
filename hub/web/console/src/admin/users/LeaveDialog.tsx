import { Button, Modal, Radio, Select } from '@mantine/core'
import { useState } from 'react'
import type { User, UserChanges } from '../../api/accessTypes'
import { api } from '../../api/calls'
import { ApiError } from '../../api/http'
import { useI18n } from '../../i18n'
import { problemText, showDone } from '../../lib/problem'
import { useQueueNames } from './useQueueNames'
import classes from './Users.module.css'

type Where = 'back' | 'person' | 'queue'

interface Props {
  user: User
  /** What was to be changed; nothing: they are switched off. */
  changes: UserChanges | undefined
  everybody: User[]
  onClose: () => void
  onDone: () => void
}

/** Somebody takes no more work: said what ends, and asked where their open matters go. */
export function LeaveDialog({ user, changes, everybody, onClose, onDone }: Props) {
  const { w } = useI18n()
  const u = w.users
  const [matters, setMatters] = useState<{ matters: number; waiting: number } | null>(null)
  const [where, setWhere] = useState<Where>('back')
  const [heir, setHeir] = useState<string | null>(null)
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  const off = changes === undefined

  async function submit(): Promise<void> {
    setBusy(true)
    setError('')
    const to: UserChanges = !matters ? {} : where === 'back' ? { back_to_queue: true } : { hand_to: heir ?? '' }
    try {
      await api.changeUser(user.id, { ...(changes ?? { active: false }), ...to })
      showDone(off ? u.switchedOff(user.name) : u.saved)
      onDone()
      onClose()
    } catch (problem) {
      const asked = problem instanceof ApiError && problem.status === 409 && 'matters' in problem.body
      if (asked) setMatters({ matters: Number(problem.body['matters']), waiting: Number(problem.body['waiting']) })
      else setError(problemText(problem, w))
      setBusy(false)
    }
  }

  const ready = !matters || where === 'back' || heir !== null
  return (
    <Modal opened onClose={onClose} size="md" title={<bdi>{off ? u.leaveTitle(user.name) : u.editTitle(user.name)}</bdi>} closeButtonProps={{ 'aria-label': w.common.close }}>
      <div className={classes.form}>
        <p>{off ? u.leaveHelp : u.losesWork}</p>
        {matters && <Asked {...matters} />}
        {matters && <Heirs user={user} everybody={everybody} where={where} heir={heir} onWhere={(next) => { setWhere(next); setHeir(null) }} onHeir={setHeir} />}
        {error && <div className={classes.error} role="alert">{error}</div>}
        <div className={classes.foot}>
          <Button variant="default" onClick={onClose}>{w.common.cancel}</Button>
          <Button color="red" loading={busy} disabled={!ready} onClick={() => void submit()} data-testid="leave-submit">{off ? u.leaveSubmit : w.common.save}</Button>
        </div>
      </div>
    </Modal>
  )
}

function Asked({ matters, waiting }: { matters: number; waiting: number }) {
  const { w, f } = useI18n()
  return (
    <div className={classes.asked} role="alert" data-testid="leave-matters">
      <strong>{w.users.leaveMatters(matters, f.number(matters))}</strong>
      {waiting > 0 && w.users.leaveWaiting(waiting, f.number(waiting))}
    </div>
  )
}

interface HeirsProps {
  user: User
  everybody: User[]
  where: Where
  heir: string | null
  onWhere: (where: Where) => void
  onHeir: (heir: string | null) => void
}

function Heirs({ user, everybody, where, heir, onWhere, onHeir }: HeirsProps) {
  const { w } = useI18n()
  const { choices } = useQueueNames()
  const people = everybody.filter((one) => one.active && one.agent !== null && one.id !== user.id).map((one) => ({ value: one.email, label: one.name }))
  const pick = (data: { value: string; label: string }[], label: string) => (
    <Select className={classes.indent ?? ''} aria-label={label} placeholder={w.users.pick} searchable data={data} value={heir} onChange={onHeir} data-testid="leave-heir" />
  )
  return (
    <Radio.Group value={where} onChange={(value) => onWhere(value as Where)}>
      <div className={classes.choice}>
        <Radio value="back" label={w.users.toQueue} />
        <Radio value="person" label={w.users.toPerson} disabled={people.length === 0} data-testid="leave-person" />
        {where === 'person' && pick(people, w.users.toPerson)}
        <Radio value="queue" label={w.users.toOther} />
        {where === 'queue' && pick(choices, w.users.toOther)}
      </div>
    </Radio.Group>
  )
}
