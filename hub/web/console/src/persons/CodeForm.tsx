import { Button, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { api } from '../api/calls'
import { ApiError } from '../api/http'
import type { Id } from '../api/types'
import { useI18n } from '../i18n'
import { showDone, showProblem } from '../lib/problem'
import { addContact } from '../store/reduce'
import { update } from '../store/store'
import classes from './Claim.module.css'

/** A code is on its way: type it as the customer tells it. (Written in the conversation, it counts by itself.) */
export function CodeForm({ claim, sent, onClose }: { claim: Id; sent: string; onClose: () => void }) {
  const { w } = useI18n()
  const [code, setCode] = useState('')
  const [wrong, setWrong] = useState('')

  async function check(event: FormEvent): Promise<void> {
    event.preventDefault()
    try {
      const contact = await api.proveClaim(claim, code)
      update((state) => addContact(state, contact))
      showDone(w.claim.proven)
    } catch (error) {
      const outcome = error instanceof ApiError ? String(error.body['outcome'] ?? '') : ''
      const words: Record<string, string> = { wrong: w.claim.wrong, spent: w.claim.spent, expired: w.claim.expired, none: w.claim.none }
      if (words[outcome]) setWrong(words[outcome])
      else showProblem(error, w)
    }
  }

  return (
    <form className={classes.form} onSubmit={(event) => void check(event)} onKeyDown={(event) => event.code === 'Escape' && onClose()}>
      <p className={classes.hint} role="status">{w.claim.sent(sent)}</p>
      <div className={classes.row}>
        <TextInput
          size="xs" flex={1} autoFocus inputMode="numeric" autoComplete="off" dir="ltr" aria-label={w.claim.code} placeholder={w.claim.code} value={code} error={wrong || undefined}
          onChange={(event) => {
            setCode(event.currentTarget.value)
            setWrong('')
          }}
          data-testid="claim-code"
        />
        <Button type="submit" size="xs" disabled={code.replace(/\D/gu, '').length < 6 && !/\p{Nd}{6}/u.test(code)}>{w.claim.check}</Button>
      </div>
    </form>
  )
}
