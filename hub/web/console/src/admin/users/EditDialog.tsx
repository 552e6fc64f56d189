import { Button, Modal, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import type { User, UserChanges } from '../../api/accessTypes'
import { api } from '../../api/calls'
import { ApiError } from '../../api/http'
import { useI18n } from '../../i18n'
import { problemText, showDone } from '../../lib/problem'
import { useHub } from '../../store/store'
import { RoleFields } from './RoleFields'
import classes from './Users.module.css'

interface Props {
  user: User
  onClose: () => void
  onDone: () => void
  /** Open matters are theirs: somebody must say where they go. */
  onLeave: (user: User, changes: UserChanges) => void
}

export function EditDialog({ user, onClose, onDone, onLeave }: Props) {
  const { w } = useI18n()
  const mine = useHub((state) => state.me?.id === user.id)
  const [name, setName] = useState(user.name)
  const [role, setRole] = useState(user.role)
  const [queues, setQueues] = useState(user.queues)
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError('')
    const changes: UserChanges = { name: name.trim(), role, ...(role === 'viewer' ? {} : { queues }) }
    try {
      await api.changeUser(user.id, changes)
      showDone(w.users.saved)
      onDone()
      onClose()
    } catch (problem) {
      if (problem instanceof ApiError && problem.status === 409 && 'matters' in problem.body) onLeave(user, changes)
      else setError(problemText(problem, w))
      setBusy(false)
    }
  }

  return (
    <Modal opened onClose={onClose} size="md" title={<bdi>{w.users.editTitle(user.name)}</bdi>} closeButtonProps={{ 'aria-label': w.common.close }}>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput label={w.users.name} required withAsterisk={false} dir="auto" maxLength={200} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <RoleFields role={role} queues={queues} fixedRole={mine} onRole={setRole} onQueues={setQueues} />
        {error && <div className={classes.error} role="alert">{error}</div>}
        <div className={classes.foot}>
          <Button variant="default" onClick={onClose}>{w.common.cancel}</Button>
          <Button type="submit" loading={busy} data-testid="user-save">{w.common.save}</Button>
        </div>
      </form>
    </Modal>
  )
}
