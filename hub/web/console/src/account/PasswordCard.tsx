import { Button, Modal, PasswordInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import type { Security } from '../api/accessTypes'
import { api } from '../api/calls'
import { ApiError } from '../api/http'
import { useI18n } from '../i18n'
import { problemText, showDone } from '../lib/problem'
import classes from './Security.module.css'

const SHORTEST = 10

export function PasswordCard({ security, onChanged }: { security: Security; onChanged: () => void }) {
  const { w } = useI18n()
  const [open, setOpen] = useState(false)
  const act = security.has_password ? w.security.changePassword : w.security.setPassword
  return (
    <section className={classes.card}>
      <div>
        <h2>{w.security.password}</h2>
        <p>{security.has_password ? w.security.hasPassword : w.security.noPassword}</p>
      </div>
      <Button variant="default" onClick={() => setOpen(true)} data-testid="change-password">{act}</Button>
      {open && <Change asks={security.has_password} title={act} onClose={() => setOpen(false)} onDone={onChanged} />}
    </section>
  )
}

function Change({ asks, title, onClose, onDone }: { asks: boolean; title: string; onClose: () => void; onDone: () => void }) {
  const { w } = useI18n()
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError('')
    try {
      await api.setPassword(password, asks ? current : null)
      showDone(w.security.passwordChanged)
      onDone()
      onClose()
    } catch (problem) {
      setError(problem instanceof ApiError && problem.status === 403 ? w.security.wrongPassword : problemText(problem, w))
      setBusy(false)
    }
  }

  return (
    <Modal opened onClose={onClose} size="sm" title={title} closeButtonProps={{ 'aria-label': w.common.close }}>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        {asks && <PasswordInput label={w.security.current} name="password" autoComplete="current-password" dir="ltr" data-autofocus value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />}
        <PasswordInput
          label={w.security.new} description={w.link.passwordHint} name="new-password" autoComplete="new-password" dir="ltr"
          value={password} onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {error && <div className={classes.error} role="alert">{error}</div>}
        <div className={classes.foot}>
          <Button variant="default" onClick={onClose}>{w.common.cancel}</Button>
          <Button type="submit" loading={busy} disabled={password.length < SHORTEST} data-testid="password-save">{w.common.save}</Button>
        </div>
      </form>
    </Modal>
  )
}
