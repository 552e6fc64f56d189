import { UnstyledButton } from '@mantine/core'
import { IconAlertCircle, IconBan, IconCheck, IconChecks, IconClock, IconHelpCircle, IconHourglass } from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { useState } from 'react'
import { api } from '../api/calls'
import type { Delivery, DeliveryState, Entry } from '../api/types'
import { ask } from '../composer/intent'
import { useI18n } from '../i18n'
import type { I18n } from '../i18n'
import { showProblem } from '../lib/problem'
import classes from './DeliveryLine.module.css'

const icons: Record<DeliveryState, ComponentType<{ size?: number; stroke?: number }>> = {
  queued: IconClock, sending: IconClock, sent: IconCheck, delivered: IconChecks, read: IconChecks,
  deferred: IconHourglass, failed: IconAlertCircle, unknown: IconHelpCircle, stopped: IconBan,
}
const QUIET = new Set<DeliveryState>(['queued', 'sending', 'sent', 'delivered', 'read'])

function words(delivery: Delivery, { w, f }: I18n): string {
  if (delivery.state === 'deferred' && delivery.retry_at) return w.delivery.deferredUntil(f.time(delivery.retry_at))
  if (delivery.state === 'stopped') return w.consent.stopped[delivery.code] ?? w.delivery.stopped
  return w.delivery[delivery.state]
}

/** How far an answer came, in words where somebody has to know. */
export function DeliveryLine({ entry, delivery }: { entry: Entry; delivery: Delivery }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const Icon = icons[delivery.state]
  const quiet = QUIET.has(delivery.state)
  const text = words(delivery, i18n)
  return (
    <span className={classes.line} data-state={delivery.state} data-testid="delivery" title={delivery.words || text}>
      {delivery.parts > 1 && <span className={classes.parts}>{w.delivery.parts(delivery.parts, f.number(delivery.parts))}</span>}
      <Icon size={14} stroke={1.8} />
      <span className={quiet && delivery.state !== 'queued' && delivery.state !== 'sending' ? 'hidden-text' : undefined}>{text}</span>
      {!quiet && delivery.words && <bdi className={classes.why}>{delivery.words}</bdi>}
      {(delivery.state === 'failed' || delivery.state === 'unknown') && <Again entry={entry} state={delivery.state} />}
    </span>
  )
}

function Again({ entry, state }: { entry: Entry; state: DeliveryState }) {
  const { w } = useI18n()
  const [busy, setBusy] = useState(false)
  function retry(): void {
    setBusy(true)
    api.retry(entry.id).catch((error: unknown) => showProblem(error, w)).finally(() => setBusy(false))
  }
  return (
    <>
      <UnstyledButton className={classes.act} disabled={busy} onClick={retry} data-testid="retry">
        {state === 'unknown' ? w.delivery.retryAnyway : w.delivery.retry}
      </UnstyledButton>
      {entry.conversation !== null && entry.channel && (
        <UnstyledButton
          className={classes.act}
          onClick={() => ask({ conversation: entry.conversation ?? 0, mode: 'reply', text: entry.text, otherChannelThan: entry.channel ?? undefined })}
        >
          {w.delivery.other}
        </UnstyledButton>
      )}
    </>
  )
}
