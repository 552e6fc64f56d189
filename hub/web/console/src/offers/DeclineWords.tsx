import { Button, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useI18n } from '../i18n'
import classes from './OfferCard.module.css'

interface Props {
  busy: boolean
  onCancel: () => void
  onSend: (words: string) => void
}

/** Another reason, in one's own words. */
export function DeclineWords({ busy, onCancel, onSend }: Props) {
  const { w } = useI18n()
  const [words, setWords] = useState('')
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (words.trim()) onSend(words.trim())
  }
  return (
    <form className={classes.other} onSubmit={submit} onKeyDown={(event) => event.code === 'Escape' && onCancel()}>
      <TextInput size="sm" autoFocus dir="auto" maxLength={300} label={w.declines.words} value={words} onChange={(event) => setWords(event.currentTarget.value)} data-testid="decline-words" />
      <div className={classes.acts}>
        <Button size="sm" px={10} variant="default" onClick={onCancel}>{w.common.cancel}</Button>
        <Button type="submit" size="sm" px={10} flex={1} disabled={!words.trim()} loading={busy} data-testid="decline-send">{w.declines.send}</Button>
      </div>
    </form>
  )
}
