import { Button, Checkbox, Modal, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useEffect, useState } from 'react'
import type { MadeLink, User } from '../../api/accessTypes'
import { api } from '../../api/calls'
import type { Role } from '../../api/types'
import { useI18n } from '../../i18n'
import { problemText, showDone } from '../../lib/problem'
import { RoleFields } from './RoleFields'
import classes from './Users.module.css'

interface Props {
  onClose: () => void
  onDone: () => void
  /** The link is to be handed over: it was not sent. */
  onLink: (user: User, link: MadeLink) => void
}

export function InviteDialog({ onClose, onDone, onLink }: Props) {
  const { w } = useI18n()
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('agent')
  const [queues, setQueues] = useState<string[]>([])
  const [mail, setMail] = useState<boolean | null>(null)
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    api.waysIn().then((ways) => setMail(ways.resets ? true : null), () => setMail(null))
  }, [])

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError('')
    try {
      const user = await api.addUser({ email: email.trim(), name: name.trim(), role, queues: role === 'viewer' ? [] : queues })
      onDone()
      const link = await api.makeLink(user.id, { send: mail === true, kind: 'invitation' })
      if (link.sent_by) showDone(w.users.invited(user.name))
      else onLink(user, link)
      onDone()
      onClose()
    } catch (problem) {
      setError(problemText(problem, w))
      setBusy(false)
    }
  }

  return (
    <Modal opened onClose={onClose} size="md" title={w.users.inviteTitle} closeButtonProps={{ 'aria-label': w.common.close }}>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput label={w.users.email} type="email" required withAsterisk={false} dir="ltr" autoComplete="off" data-autofocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} data-testid="invite-email" />
        <TextInput label={w.users.name} dir="auto" autoComplete="off" maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} data-testid="invite-name" />
        <RoleFields role={role} queues={queues} onRole={setRole} onQueues={setQueues} />
        {mail !== null && <Checkbox label={w.users.byMail} checked={mail} onChange={(event) => setMail(event.currentTarget.checked)} />}
        {error && <div className={classes.error} role="alert">{error}</div>}
        <div className={classes.foot}>
          <Button variant="default" onClick={onClose}>{w.common.cancel}</Button>
          <Button type="submit" loading={busy} data-testid="invite-submit">{w.users.inviteSubmit}</Button>
        </div>
      </form>
    </Modal>
  )
}
