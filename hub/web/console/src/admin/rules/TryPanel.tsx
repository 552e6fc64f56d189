import { Button, Select, Textarea, TextInput } from '@mantine/core'
import type { FormEvent, KeyboardEvent } from 'react'
import { useEffect, useState } from 'react'
import { api } from '../../api/calls'
import type { RuleSchema, TrialResult } from '../../api/routingTypes'
import type { Id } from '../../api/types'
import { useI18n } from '../../i18n'
import { showAddress, toUri } from '../../lib/address'
import { showProblem } from '../../lib/problem'
import { useHub } from '../../store/store'
import type { ChannelFamily } from '../../ui/ChannelIcon'
import { familyOf } from '../../ui/ChannelIcon'
import page from '../AdminPage.module.css'
import classes from './Lab.module.css'
import { Outcome } from './Outcome'

interface Message {
  channel: string
  from: string
  subject: string
  text: string
}

/** Nobody in particular, where no address is given. */
const STRANGERS: Partial<Record<ChannelFamily, string>> = { email: 'mailto:somebody@example.com', sms: 'tel:+12025550100', webchat: 'webchat:try' }

function senderOf(written: string, family: ChannelFamily): string {
  if (!written) return STRANGERS[family] ?? 'tel:+12025550100'
  return toUri(written) ?? written
}

const nothing: Message = { channel: '', from: '', subject: '', text: '' }

/** The message of an entry, as its sender wrote it. */
function useEntry(id: Id | null, fill: (message: Message) => void): void {
  useEffect(() => {
    if (id === null) return
    api.entry(id).then(async (entry) => {
      const conversation = entry.conversation === null ? null : await api.conversation(entry.conversation).catch(() => null)
      fill({ channel: entry.channel ?? '', from: showAddress(conversation?.address ?? ''), subject: entry.subject, text: entry.full_text ?? entry.text })
    }, () => undefined)
    // Filled in once a message, not with every change of the form.
  }, [id])
}

/** "What if": a message that nobody sent, and what the rows beside would do with it. */
export function TryPanel({ body, entry, schema }: { body: string; entry: Id | null; schema: RuleSchema | null }) {
  const { w } = useI18n()
  const t = w.rulesLab.trial
  const [message, setMessage] = useState(nothing)
  const [busy, setBusy] = useState(false)
  const [found, setFound] = useState<{ result: TrialResult; body: string } | null>(null)
  const channels = useHub((state) => state.channels)
  useEntry(entry, setMessage)
  const data = Object.values(channels).map((one) => ({ value: one.name, label: one.title || one.name }))
  const channel = message.channel || data[0]?.value || ''
  const kind = Object.values(channels).find((one) => one.name === channel)?.kind ?? ''
  const put = (change: Partial<Message>): void => setMessage({ ...message, ...change })

  async function run(event?: FormEvent): Promise<void> {
    event?.preventDefault()
    setBusy(true)
    const subject = familyOf(kind) === 'email' ? { subject: message.subject } : {}
    await api.tryRules({ body, channel, from: senderOf(message.from.trim(), familyOf(kind)), text: message.text, ...subject }).then(
      (result) => setFound({ result, body }),
      (error: unknown) => showProblem(error, w),
    )
    setBusy(false)
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.code === 'Enter' && (event.ctrlKey || event.metaKey)) void run()
  }
  return (
    <form className={classes.form} onSubmit={(event) => void run(event)} onKeyDown={onKey} data-testid="try">
      <p className={page.dim}>{entry === null ? t.intro : t.fromEntry}</p>
      <div className={classes.pair}>
        <Select size="xs" label={t.channel} data={data} value={channel} allowDeselect={false} onChange={(value) => put({ channel: value ?? '' })} data-testid="try-channel" />
        <TextInput size="xs" label={t.from} dir={message.from ? 'ltr' : undefined} placeholder={t.stranger} value={message.from} onChange={(event) => put({ from: event.currentTarget.value })} data-testid="try-from" />
      </div>
      {familyOf(kind) === 'email' && <TextInput size="xs" label={t.subject} dir="auto" value={message.subject} onChange={(event) => put({ subject: event.currentTarget.value })} data-testid="try-subject" />}
      <Textarea size="xs" label={t.text} autosize minRows={3} maxRows={8} dir="auto" value={message.text} onChange={(event) => put({ text: event.currentTarget.value })} data-testid="try-text" />
      <div className={classes.submit}>
        {found && found.body !== body && <span className={classes.stale}>{t.stale}</span>}
        <Button type="submit" size="xs" loading={busy} disabled={!channel} data-testid="try-submit">{t.submit}</Button>
      </div>
      {found && <Outcome result={found.result} schema={schema} />}
    </form>
  )
}
