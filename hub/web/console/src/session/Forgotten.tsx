import { Button, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { api } from '../api/calls'
import { useI18n } from '../i18n'
import { problemText } from '../lib/problem'
import { Door } from './Door'
import classes from './Door.module.css'

/** Ask for a link by mail; the answer tells nobody who has an account. */
export function Forgotten({ email: given, onBack }: { email: string; onBack: () => void }) {
  const { w } = useI18n()
  const [email, setEmail] = useState(given)
  const [sent, setSent] = useState(false)
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)

  function submit(event: FormEvent): void {
    event.preventDefault()
    setBusy(true)
    setError('')
    api.forgotten(email).then(() => setSent(true), (problem: unknown) => setError(problemText(problem, w))).finally(() => setBusy(false))
  }

  return (
    <Door>
      <h1 className={classes.title}>{w.door.forgot}</h1>
      <p className={classes.intro} role={sent ? 'status' : undefined}>{sent ? w.door.resetSent : w.door.resetIntro}</p>
      <form className={classes.form} onSubmit={submit}>
        {!sent && (
          <TextInput
            label={w.signIn.email} type="email" name="email" autoComplete="username" required autoFocus dir="ltr"
            value={email} onChange={(event) => setEmail(event.currentTarget.value)} withAsterisk={false}
          />
        )}
        {error && <div className={classes.error} role="alert">{error}</div>}
        {!sent && <Button type="submit" loading={busy} data-testid="forgot-send">{w.door.reset}</Button>}
        <Button variant="subtle" color="gray" onClick={onBack}>{w.door.back}</Button>
      </form>
    </Door>
  )
}
