import { Button, PasswordInput, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { api } from '../api/calls'
import { ApiError, setCsrf } from '../api/http'
import { useI18n } from '../i18n'
import { problemText } from '../lib/problem'
import { start, useSession } from '../live/session'
import { Door } from './Door'
import classes from './Door.module.css'

export function SignIn() {
  const { w } = useI18n()
  const ended = useSession((state) => state.ended)
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError('')
    try {
      const answer = await api.signIn(email, password)
      setCsrf(answer.csrf)
      await start()
    } catch (problem) {
      const refused = problem instanceof ApiError && [400, 401, 403].includes(problem.status)
      setError(refused ? w.signIn.wrong : problemText(problem, w))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Door>
      <h1 className={classes.title}>{w.signIn.title}</h1>
      <p className={classes.intro}>{ended ? w.signIn.ended : w.signIn.help}</p>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label={w.signIn.email} type="email" name="email" autoComplete="username" required autoFocus dir="ltr"
          value={email} onChange={(event) => setEmail(event.currentTarget.value)} withAsterisk={false}
        />
        <PasswordInput
          label={w.signIn.password} name="password" autoComplete="current-password" required dir="ltr"
          value={password} onChange={(event) => setPassword(event.currentTarget.value)} withAsterisk={false}
        />
        {error && <div className={classes.error} role="alert">{error}</div>}
        <Button type="submit" loading={busy} mt={4} data-testid="sign-in">{w.signIn.submit}</Button>
      </form>
    </Door>
  )
}
