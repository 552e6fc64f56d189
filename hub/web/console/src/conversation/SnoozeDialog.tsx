import { Button, Modal, Select, UnstyledButton } from '@mantine/core'
import { useMemo, useState } from 'react'
import { useI18n } from '../i18n'
import type { Format } from '../i18n/format'
import { atClock } from '../i18n/format'
import classes from './SnoozeDialog.module.css'

interface Props {
  opened: boolean
  onClose: () => void
  onSnooze: (until: Date) => void
}

const DAY = 86_400_000
const WEEKS = 5
const MORNING = 9

export function SnoozeDialog({ opened, onClose, onSnooze }: Props) {
  const { w } = useI18n()
  function done(until: Date): void {
    onSnooze(until)
    onClose()
  }
  return (
    <Modal opened={opened} onClose={onClose} title={w.snooze.title} size="sm" closeButtonProps={{ 'aria-label': w.common.close }}>
      {opened && <Choices onDone={done} />}
    </Modal>
  )
}

const weekdayOf = (day: Date, timeZone: string): number =>
  ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short' }).format(day))

function presets(now: Date, f: Format): { key: 'laterToday' | 'tomorrow' | 'nextWeek'; at: Date }[] {
  const { timeZone, firstDay } = f.settings
  const hour = 3_600_000
  const later = new Date(Math.ceil((now.getTime() + 3 * hour) / hour) * hour)
  const untilFirst = (firstDay - weekdayOf(now, timeZone) + 7) % 7 || 7
  const at = (days: number): Date => atClock(new Date(now.getTime() + days * DAY), MORNING, 0, timeZone)
  const today = f.dayKey(later) === f.dayKey(now)  // late in the evening there is no later today
  return [...(today ? [{ key: 'laterToday' as const, at: later }] : []), { key: 'tomorrow', at: at(1) }, { key: 'nextWeek', at: at(untilFirst) }]
}

function Choices({ onDone }: { onDone: (until: Date) => void }) {
  const { w, f } = useI18n()
  const [now] = useState(() => new Date())
  const [day, setDay] = useState(() => new Date(now.getTime() + DAY))
  const [hour, setHour] = useState(MORNING)
  const chosen = atClock(day, hour, 0, f.settings.timeZone)
  const hours = Array.from({ length: 24 }, (_, at) => ({ value: String(at), label: f.time(atClock(day, at, 0, f.settings.timeZone)) }))
  return (
    <div className={classes.choices}>
      {presets(now, f).map(({ key, at }, index) => (
        <UnstyledButton key={key} className={classes.preset} onClick={() => onDone(at)} data-autofocus={index === 0 || undefined} data-testid={`snooze-${key}`}>
          <span>{w.snooze[key]}</span><span className={classes.when}>{f.weekday(at)} {f.time(at)}</span>
        </UnstyledButton>
      ))}
      <div className={classes.label}>{w.snooze.custom}</div>
      <Days now={now} chosen={day} onChoose={setDay} />
      <Select size="xs" label={w.snooze.hour} data={hours} value={String(hour)} allowDeselect={false} onChange={(value) => setHour(Number(value))} />
      <Button fullWidth disabled={chosen <= now} onClick={() => onDone(chosen)} data-testid="snooze-custom">{w.snooze.submit(f.dayTime(chosen))}</Button>
      <p className={classes.help}>{w.snooze.help}</p>
    </div>
  )
}

/** The next five weeks as a grid. Days are counted, not months, so it is right in every calendar. */
function Days({ now, chosen, onChoose }: { now: Date; chosen: Date; onChoose: (day: Date) => void }) {
  const { f } = useI18n()
  const days = useMemo(() => {
    const { timeZone, firstDay } = f.settings
    const back = (weekdayOf(now, timeZone) - firstDay + 7) % 7
    const noon = atClock(now, 12, 0, timeZone).getTime()
    return Array.from({ length: WEEKS * 7 }, (_, index) => new Date(noon + (index - back) * DAY))
  }, [now, f])
  const same = (a: Date, b: Date): boolean => f.dayKey(a) === f.dayKey(b)
  return (
    <div className={classes.days} role="group">
      {days.slice(0, 7).map((day) => <span key={day.getTime()} className={classes.weekday} aria-hidden>{f.weekday(day, 'narrow')}</span>)}
      {days.map((day, index) => {
        const month = index === 0 || f.monthName(day) !== f.monthName(days[index - 1] ?? day)
        return (
          <button
            key={day.getTime()} type="button" className={classes.day} disabled={f.daysBetween(now, day) < 0} aria-pressed={same(day, chosen)}
            aria-label={f.day(day)} data-today={same(day, now) || undefined} onClick={() => onChoose(day)}
          >
            {f.dayNumber(day)}{month && <span className={classes.month}>{f.monthName(day)}</span>}
          </button>
        )
      })}
    </div>
  )
}
