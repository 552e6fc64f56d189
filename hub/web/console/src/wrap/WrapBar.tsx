import { Button, TextInput } from '@mantine/core'
import { IconProgressCheck } from '@tabler/icons-react'
import type { FormEvent } from 'react'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Wrapping } from '../api/routingTypes'
import type { Id } from '../api/types'
import { useI18n } from '../i18n'
import { useSecond } from '../lib/clock'
import { showDone, showProblem } from '../lib/problem'
import { go, paths } from '../lib/router'
import { addConversations } from '../store/reduce'
import { update, useHub } from '../store/store'
import { nameOf } from '../ui/useName'
import classes from './WrapBar.module.css'
import { lookAgain, useWrapping, wrapped } from './wrapping'

/** How long a bar outlives its time, should the hub's word be late. */
const LATE_MS = 2000

/** After a turn: the time that is left to write things down, and Done. `open` is the conversation on screen. */
export function WrapBars({ open }: { open: Id | null }) {
  const wrapping = useWrapping()
  if (wrapping.length === 0) return null
  return <>{wrapping.map((item) => <WrapBar key={item.work_item} item={item} here={item.conversation === open} />)}</>
}

function useLeft(item: Wrapping): number {
  const left = Math.max(0, Math.ceil((Date.parse(item.until) - useSecond()) / 1000))
  useEffect(() => {
    const wait = Date.parse(item.until) + LATE_MS - Date.now()
    const timer = setTimeout(() => void lookAgain(), Math.max(LATE_MS, wait))
    return () => clearTimeout(timer)
  }, [item.work_item, item.until])
  return left
}

function WrapBar({ item, here }: { item: Wrapping; here: boolean }) {
  const { w, f } = useI18n()
  const name = useHub((state) => nameOf(state.conversations[item.conversation]?.contact.name ?? '', w))
  const left = useLeft(item)
  const clock = f.clock(left)
  return (
    <section className={classes.bar} aria-label={w.wrap.with(name)} data-testid={`wrap-${item.conversation}`}>
      <IconProgressCheck size={17} stroke={1.6} aria-hidden className={classes.icon} />
      <div className={classes.words}>
        {!here && <bdi className={classes.name}>{w.wrap.with(name)}</bdi>}
        <span role="timer" className={classes.left}>{left > 0 ? w.wrap.left(clock) : w.wrap.over}</span>
      </div>
      {here ? <Finish item={item} /> : <Button size="xs" variant="default" onClick={() => go(paths.conversation(item.conversation))}>{w.wrap.open}</Button>}
    </section>
  )
}

function Finish({ item }: { item: Wrapping }) {
  const { w } = useI18n()
  const [note, setNote] = useState('')
  const [key] = useState(() => crypto.randomUUID())
  const [busy, setBusy] = useState(false)
  async function finish(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    try {
      if (note.trim()) await api.note(item.conversation, { text: note.trim(), client_key: key })
      const fresh = await api.done(item.work_item)
      update((state) => addConversations(state, [fresh]))
      wrapped(item.work_item)
      showDone(w.wrap.finished)
    } catch (error) {
      showProblem(error, w)
      setBusy(false)
      void lookAgain()
    }
  }
  return (
    <form className={classes.form} onSubmit={(event) => void finish(event)}>
      <TextInput size="xs" flex={1} dir={note ? 'auto' : undefined} placeholder={w.wrap.note} aria-label={w.wrap.note} value={note} onChange={(event) => setNote(event.currentTarget.value)} data-testid="wrap-note" />
      <Button type="submit" size="xs" loading={busy} data-testid="wrap-done">{note.trim() ? w.wrap.doneWithNote : w.wrap.done}</Button>
    </form>
  )
}
