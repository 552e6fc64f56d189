import { Button, Modal, PasswordInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { ApiError } from '../api/http'
import { useI18n } from '../i18n'
import { problemText } from '../lib/problem'
import classes from './Security.module.css'

interface Props {
  /** Whoever has no password is not asked for one. */
  asks: boolean
  title: string
  help?: string
  submit: string
  onClose: () => void
  run: (current: string | null) => Promise<void>
}

/** That it is really them, before something that gives the account away. */
export function AskPassword({ asks, title, help, submit, onClose, run }: Props) {
  const { w } = useI18n()
  const [current, setCurrent] = useState('')
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  async function go(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError('')
    try {
      await run(asks ? current : null)
    } catch (problem) {
      setError(problem instanceof ApiError && problem.status === 403 ? w.security.wrongPassword : problemText(problem, w))
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} size="sm" title={title} closeButtonProps={{ 'aria-label': w.common.close }}>
      <form className={classes.form} onSubmit={(event) => void go(event)}>
        {help && <p>{help}</p>}
        {asks && <PasswordInput label={w.security.current} name="password" autoComplete="current-password" dir="ltr" data-autofocus value={current} onChange={(event) => setCurrent(event.currentTarget.value)} data-testid="current-password" />}
        {error && <div className={classes.error} role="alert">{error}</div>}
        <div className={classes.foot}>
          <Button variant="default" onClick={onClose}>{w.common.cancel}</Button>
          <Button type="submit" loading={busy} disabled={asks && !current} data-testid="ask-submit">{submit}</Button>
        </div>
      </form>
    </Modal>
  )
}
