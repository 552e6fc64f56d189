import { Button, Modal, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { api } from '../../api/calls'
import type { Calendar } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import { atClock } from '../../i18n/format'
import { showDone, showProblem } from '../../lib/problem'
import page from '../AdminPage.module.css'
import classes from './CalendarsPage.module.css'

const CLOCK = /^\d{2}:\d{2}$/

/** The wall clock of a zone, 14:05. */
function clockNow(zone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date())
}

function momentOf(clock: string, zone: string): Date {
  const [hour = 0, minute = 0] = clock.split(':').map(Number)
  return atClock(new Date(), hour, minute, zone)
}

/** Closed today from …, in the calendar's own time; the answer says how many promises have moved. */
export function CloseDialog({ calendar, onClose, onDone }: { calendar: Calendar; onClose: () => void; onDone: () => void }) {
  const { w, f } = useI18n()
  const { name, zone } = calendar
  const c = w.calendars
  const [from, setFrom] = useState(() => clockNow(zone))
  const [until, setUntil] = useState('')
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    const end = CLOCK.test(until) ? { until: momentOf(until, zone).toISOString() } : {}
    try {
      const answer = await api.closeCalendar(name, { from: momentOf(from, zone).toISOString(), reason: reason.trim(), ...end })
      showDone(c.moved(answer.recomputed, f.number(answer.recomputed)))
      onDone()
      onClose()
    } catch (error) {
      showProblem(error, w)
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} size="sm" title={<bdi>{c.todayTitle(name)}</bdi>} closeButtonProps={{ 'aria-label': w.common.close }}>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <div className={classes.pair}>
          <TextInput type="time" label={c.from} required dir="ltr" value={from} onChange={(event) => setFrom(event.currentTarget.value)} data-testid="close-from" />
          <TextInput type="time" label={c.back} description={until ? undefined : c.endOfDay} inputWrapperOrder={['label', 'input', 'description']} dir="ltr" value={until} onChange={(event) => setUntil(event.currentTarget.value)} data-testid="close-until" />
        </div>
        <TextInput label={c.reason} description={c.reasonHint} inputWrapperOrder={['label', 'input', 'description']} maxLength={200} dir="auto" data-autofocus value={reason} onChange={(event) => setReason(event.currentTarget.value)} data-testid="close-reason" />
        <p className={page.dim}><bdi>{c.zone(zone)}</bdi></p>
        <div className={classes.foot}>
          <Button variant="default" onClick={onClose}>{w.common.cancel}</Button>
          <Button type="submit" loading={busy} disabled={!CLOCK.test(from)} data-testid="close-submit">{c.submit}</Button>
        </div>
      </form>
    </Modal>
  )
}
