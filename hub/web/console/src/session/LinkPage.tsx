import { Button, PasswordInput, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useEffect, useState } from 'react'
import type { LinkInfo } from '../api/calls'
import { api } from '../api/calls'
import { ApiError, setCsrf } from '../api/http'
import { useI18n } from '../i18n'
import { problemText } from '../lib/problem'
import { go, paths } from '../lib/router'
import { CodeField } from './CodeField'
import { Door } from './Door'
import classes from './Door.module.css'

const SHORTEST = 10

/** A one-time link: says whose it is, takes a name and a password, and opens the inbox. */
export function LinkPage({ token }: { token: string }) {
  const { w } = useI18n()
  const [info, setInfo] = useState<LinkInfo | null>(null)
  const [bad, setBad] = useState('')

  useEffect(() => {
    api.link(token).then(setInfo, (error: unknown) => {
      const used = error instanceof ApiError && error.status === 404
      setBad(used ? w.link.invalid : problemText(error, w))
    })
  }, [token, w])

  if (bad) return <BadLink words={bad} />
  if (!info) return <Door><p className={classes.intro}>{w.common.loading}</p></Door>
  return <LinkForm token={token} info={info} />
}

function BadLink({ words }: { words: string }) {
  const { w } = useI18n()
  return (
    <Door>
      <h1 className={classes.title}>{words}</h1>
      <p className={classes.intro}>{w.link.invalidHelp}</p>
      <Button fullWidth variant="default" onClick={() => go(paths.inbox)}>{w.link.toSignIn}</Button>
    </Door>
  )
}

function LinkForm({ token, info }: { token: string; info: LinkInfo }) {
  const { w } = useI18n()
  const [name, setName] = useState(info.name)
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  const tooShort = password.length > 0 && password.length < SHORTEST

  async function enter(body: { password?: string; name?: string }): Promise<void> {
    setBusy(true)
    setError('')
    try {
      setCsrf((await api.useLink(token, info.needs_code ? { ...body, code } : body)).csrf)
      go(paths.inbox, true)
    } catch (problem) {
      const wrongCode = problem instanceof ApiError && problem.body['needs'] === 'code'
      setError(wrongCode ? w.door.wrongCode : problemText(problem, w))
      setBusy(false)
    }
  }

  function submit(event: FormEvent): void {
    event.preventDefault()
    if (password.length < SHORTEST) setError(w.link.short)
    else void enter(name.trim() && name !== info.name ? { password, name: name.trim() } : { password })
  }

  return (
    <Door>
      <h1 className={classes.title}>{w.link.title(info.name)}</h1>
      <p className={classes.intro}>{w.link.intro(info.email)}</p>
      <form className={classes.form} onSubmit={submit}>
        <TextInput label={w.link.name} name="name" autoComplete="name" dir="auto" value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <input type="email" name="email" autoComplete="username" value={info.email} readOnly hidden />
        <PasswordInput
          label={w.link.newPassword} description={w.link.passwordHint} name="new-password" dir="ltr"
          autoComplete="new-password" autoFocus value={password} error={tooShort ? w.link.short : null}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {info.needs_code && <CodeField value={code} onChange={setCode} />}
        {error && <div className={classes.error} role="alert">{error}</div>}
        <Button type="submit" loading={busy} mt={4} data-testid="link-submit">{w.link.submit}</Button>
        <Button variant="subtle" color="gray" disabled={busy} onClick={() => void enter({})} data-testid="link-skip">{w.link.skip}</Button>
      </form>
    </Door>
  )
}
