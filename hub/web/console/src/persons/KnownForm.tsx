import { Button, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { api } from '../api/calls'
import type { Id } from '../api/types'
import { useI18n } from '../i18n'
import classes from './Claim.module.css'
import { useAct } from './useAct'

/** An agent's word that an address is theirs, with the reason that the audit keeps. */
export function KnownForm({ claim, onClose }: { claim: Id; onClose: () => void }) {
  const { w } = useI18n()
  const [words, setWords] = useState('')
  const { busy, run } = useAct()

  async function confirm(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (await run(() => api.confirmClaim(claim, words.trim()), w.claim.confirmed)) onClose()
  }

  return (
    <form className={classes.form} onSubmit={(event) => void confirm(event)} onKeyDown={(event) => event.code === 'Escape' && onClose()}>
      <TextInput
        size="xs" autoFocus dir="auto" label={w.claim.how} placeholder={w.claim.howHint} maxLength={500} value={words}
        onChange={(event) => setWords(event.currentTarget.value)} data-testid="claim-words"
      />
      <div className={classes.row}>
        <Button type="submit" size="xs" loading={busy} disabled={!words.trim()} data-testid="confirm-claim">{w.claim.confirm}</Button>
        <Button size="xs" variant="subtle" color="gray" onClick={onClose}>{w.common.cancel}</Button>
      </div>
    </form>
  )
}
