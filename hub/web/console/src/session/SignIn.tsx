import { Button, PasswordInput, TextInput } from '@mantine/core'
import { IconBuilding } from '@tabler/icons-react'
import type { FormEvent, ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { WaysIn } from '../api/accessTypes'
import { api } from '../api/calls'
import { ApiError, setCsrf } from '../api/http'
import { useI18n } from '../i18n'
import { problemText } from '../lib/problem'
import { start, useSession } from '../live/session'
import { CodeField } from './CodeField'
import { Door } from './Door'
import classes from './Door.module.css'
import { Forgotten } from './Forgotten'

/** Why the provider's word did not let somebody in: `#oidc=reason`, said once. */
function takeReason(): string {
  const found = /^#oidc=([a-z]+)$/.exec(location.hash)
  if (found) history.replaceState(null, '', location.pathname)
  return found?.[1] ?? ''
}

/** The door: by the organisation's account, by password, or by password and a code. */
export function SignIn() {
  const [ways, setWays] = useState<WaysIn | null>(null)
  const [reason] = useState(takeReason)
  const [forgot, setForgot] = useState<string | null>(null)
  useEffect(() => {
    const plain: WaysIn = { hub: '', language: '', passwords: true, resets: false, provider: null }
    api.waysIn().then(setWays, () => setWays(plain))
  }, [])
  if (forgot !== null) return <Forgotten email={forgot} onBack={() => setForgot(null)} />
  return <Ways ways={ways} reason={reason} onForgot={setForgot} />
}

function Ways({ ways, reason, onForgot }: { ways: WaysIn | null; reason: string; onForgot: (email: string) => void }) {
  const { w } = useI18n()
  const ended = useSession((state) => state.ended)
  const passwords = ways?.passwords ?? true
  const help = ways?.resets || ways?.provider ? '' : w.signIn.help
  return (
    <Door>
      <h1 className={classes.title}>{w.signIn.title}</h1>
      <p className={classes.intro}>{ended ? w.signIn.ended : passwords ? help : w.door.onlyProvider}</p>
      {reason && <div className={classes.error} role="alert" data-testid="door-reason">{w.door.reasons[reason] ?? w.door.reasons['refused']}</div>}
      {ways?.provider && (
        <>
          <Button
            component="a" href={`${ways.provider.url}?to=${encodeURIComponent(location.pathname)}`} fullWidth data-testid="provider"
            variant={passwords ? 'default' : 'filled'} leftSection={<IconBuilding size={16} stroke={1.6} />}
          >
            <bdi>{w.door.provider(ways.provider.name)}</bdi>
          </Button>
          {passwords && <div className={classes.or}>{w.door.or}</div>}
        </>
      )}
      {passwords && <Password onForgot={ways?.resets ? onForgot : null} />}
    </Door>
  )
}

function Password({ onForgot }: { onForgot: ((email: string) => void) | null }) {
  const { w } = useI18n()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState<string | null>(null)
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError('')
    try {
      setCsrf((await api.signIn(email, password, code ?? undefined)).csrf)
      await start()
    } catch (problem) {
      const needsCode = problem instanceof ApiError && problem.body['needs'] === 'code'
      const refused = problem instanceof ApiError && [400, 401, 403].includes(problem.status)
      if (needsCode && code === null) setCode('')
      else setError(needsCode ? w.door.wrongCode : refused ? w.signIn.wrong : problemText(problem, w))
      if (needsCode) setCode('')
    } finally {
      setBusy(false)
    }
  }

  const wrong: ReactNode = error && <div className={classes.error} role="alert">{error}</div>
  if (code !== null) {
    return (
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <p className={classes.note}>{w.door.codeIntro}</p>
        <CodeField value={code} onChange={setCode} />
        {wrong}
        <Button type="submit" loading={busy} disabled={!code.trim()} data-testid="sign-in-code">{w.signIn.submit}</Button>
        <Button variant="subtle" color="gray" onClick={() => { setCode(null); setError('') }}>{w.door.back}</Button>
      </form>
    )
  }
  return (
    <form className={classes.form} onSubmit={(event) => void submit(event)}>
      <TextInput
        label={w.signIn.email} type="email" name="email" autoComplete="username" required autoFocus dir="ltr"
        value={email} onChange={(event) => setEmail(event.currentTarget.value)} withAsterisk={false}
      />
      <PasswordInput
        label={w.signIn.password} name="password" autoComplete="current-password" required dir="ltr"
        value={password} onChange={(event) => setPassword(event.currentTarget.value)} withAsterisk={false}
      />
      {wrong}
      <Button type="submit" loading={busy} mt={4} data-testid="sign-in">{w.signIn.submit}</Button>
      {onForgot && <Button variant="subtle" color="gray" onClick={() => onForgot(email)} data-testid="forgot">{w.door.forgot}</Button>}
    </form>
  )
}
