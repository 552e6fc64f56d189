import { Button, Modal, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import type { Enrolment } from '../api/accessTypes'
import { api } from '../api/calls'
import { ApiError } from '../api/http'
import { useI18n } from '../i18n'
import { problemText } from '../lib/problem'
import { AskPassword } from './AskPassword'
import classes from './Security.module.css'

/** Turn the second factor on: the password, a picture to scan, and the first code. */
export function Enrol({ asks, onClose, onDone }: { asks: boolean; onClose: () => void; onDone: (codes: string[]) => void }) {
  const { w } = useI18n()
  const [made, setMade] = useState<Enrolment | null>(null)
  if (made) return <Scan made={made} onClose={onClose} onDone={onDone} />
  return (
    <AskPassword
      asks={asks} title={w.security.factor} help={w.security.factorOff} submit={w.security.next} onClose={onClose}
      run={async (current) => setMade(await api.beginFactor(current))}
    />
  )
}

function Scan({ made, onClose, onDone }: { made: Enrolment; onClose: () => void; onDone: (codes: string[]) => void }) {
  const { w } = useI18n()
  const [code, setCode] = useState('')
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError('')
    try {
      onDone((await api.confirmFactor(code)).codes)
    } catch (problem) {
      setError(problem instanceof ApiError && problem.status === 400 ? w.security.wrongCode : problemText(problem, w))
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} size="sm" title={w.security.factor} closeButtonProps={{ 'aria-label': w.common.close }}>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <p>{w.security.scan}</p>
        <img className={classes.picture} src={made.picture} alt={w.security.picture} data-testid="qr" />
        <p>{w.security.cannotScan}</p>
        <div className={classes.key} data-testid="totp-key">{made.secret}</div>
        <TextInput
          label={w.security.confirm} name="code" inputMode="numeric" autoComplete="one-time-code" dir="ltr" maxLength={10} data-autofocus
          value={code} onChange={(event) => setCode(event.currentTarget.value)} data-testid="totp-code"
        />
        {error && <div className={classes.error} role="alert">{error}</div>}
        <div className={classes.foot}>
          <Button variant="default" onClick={onClose}>{w.common.cancel}</Button>
          <Button type="submit" loading={busy} disabled={code.trim().length < 6} data-testid="totp-confirm">{w.security.confirmSubmit}</Button>
        </div>
      </form>
    </Modal>
  )
}
