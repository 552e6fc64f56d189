import { Button } from '@mantine/core'
import { useMemo, useState } from 'react'
import { api } from '../../api/calls'
import type { Calendar, CalendarDay } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import type { I18n } from '../../i18n'
import { Format } from '../../i18n/format'
import { useNow } from '../../lib/clock'
import { showDone, showProblem } from '../../lib/problem'
import { can } from '../../store/select'
import { useHub } from '../../store/store'
import page from '../AdminPage.module.css'
import { CloseDialog } from './CloseDialog'
import classes from './CalendarsPage.module.css'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
/** A Monday, to name weekdays by. */
const MONDAY = Date.UTC(2024, 0, 1, 12)
const DAY_MS = 86_400_000

export function spanWords(span: string, { f }: I18n): string {
  return span.split('-').map((time) => f.wallClock(time)).join('–')
}

/** One calendar: how it stands now, its week, and the days that differ. */
export function CalendarCard({ calendar, onChanged }: { calendar: Calendar; onChanged: () => void }) {
  const { w, f } = useI18n()
  const may = useHub((state) => can(state.me, 'move'))
  const [closing, setClosing] = useState(false)
  const closures = calendar.closures ?? []
  function reopen(): void {
    api.openCalendar(calendar.name).then((answer) => {
      showDone(w.calendars.moved(answer.recomputed, f.number(answer.recomputed)))
      onChanged()
    }, (error: unknown) => showProblem(error, w))
  }
  return (
    <article className={classes.card} data-testid={`calendar-${calendar.name}`}>
      <header className={classes.head}>
        <div className={classes.name}>
          <h2><bdi>{calendar.name}</bdi></h2>
          <Standing calendar={calendar} />
        </div>
        {may && (
          <div className={classes.acts}>
            {closures.length > 0 && <Button size="xs" variant="default" onClick={reopen} data-testid={`reopen-${calendar.name}`}>{w.calendars.again}</Button>}
            <Button size="xs" variant="default" onClick={() => setClosing(true)} data-testid={`close-${calendar.name}`}>{w.calendars.today}</Button>
          </div>
        )}
      </header>
      <Notes calendar={calendar} />
      <div className={classes.halves}>
        <Week calendar={calendar} />
        <Exceptions days={calendar.days} />
      </div>
      {closing && <CloseDialog calendar={calendar} onClose={() => setClosing(false)} onDone={onChanged} />}
    </article>
  )
}

/** Moments as the wall clock of a calendar shows them. */
function useItsClock(zone: string): Format {
  const { f } = useI18n()
  return useMemo(() => new Format({ ...f.settings, timeZone: zone }), [f, zone])
}

function Standing({ calendar }: { calendar: Calendar }) {
  const { w } = useI18n()
  const f = useItsClock(calendar.zone)
  const now = useNow()
  const { open_now: open, next_change_at: change } = calendar
  const when = change ? f.moment(change, now) : ''
  const next = open ? (change ? w.calendars.until(when) : w.calendars.always) : change ? w.calendars.opens(when) : w.calendars.never
  return (
    <p className={classes.standing} data-open={open}>
      <span className={classes.dot} aria-hidden /><strong>{open ? w.calendars.open : w.calendars.closed}</strong>
      <span>{change ? <time dateTime={change} title={f.exact(change)}>{next}</time> : next}</span>
      <span className={page.dim}><bdi className="address">{calendar.zone}</bdi></span>
    </p>
  )
}

/** What somebody closed by hand, and feeds that could not be read. */
function Notes({ calendar }: { calendar: Calendar }) {
  const { w } = useI18n()
  const f = useItsClock(calendar.zone)
  const now = useNow()
  const failed = (calendar.feeds ?? []).filter((feed) => feed.error)
  return (
    <>
      {calendar.closures?.map((closure) => (
        <p key={closure.starts_at} className={classes.closure} data-testid="closure">
          <bdi>{w.calendars.closure(f.moment(closure.starts_at, now), f.moment(closure.ends_at, now))}</bdi>
          {closure.reason && <>{w.between}<bdi>{closure.reason}</bdi></>}
        </p>
      ))}
      {failed.map((feed) => <p key={feed.url} className={classes.failed}><bdi>{w.calendars.feedFailed(feed.error)}</bdi></p>)}
    </>
  )
}

function Week({ calendar }: { calendar: Calendar }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const first = (f.settings.firstDay + 6) % 7
  const order = DAYS.map((_, index) => (first + index) % 7)
  return (
    <section>
      <h3 className={classes.title}>{w.calendars.week}</h3>
      <dl className={classes.week}>
        {order.map((index) => {
          const spans = calendar.week[DAYS[index] ?? 'mon'] ?? []
          return (
            <div key={index} data-closed={spans.length === 0 || undefined}>
              <dt>{f.weekday(new Date(MONDAY + index * DAY_MS), 'long')}</dt>
              <dd>{spans.length ? spans.map((span) => <span key={span}>{spanWords(span, i18n)}</span>) : w.calendars.none}</dd>
            </div>
          )
        })}
      </dl>
    </section>
  )
}

function Exceptions({ days }: { days: CalendarDay[] }) {
  const i18n = useI18n()
  const { w, f } = i18n
  const differing = days.filter((day) => day.source !== 'week')
  return (
    <section>
      <h3 className={classes.title}>{w.calendars.exceptions}</h3>
      {differing.length === 0 && <p className={page.dim}>{w.calendars.noExceptions}</p>}
      <ul className={classes.days}>
        {differing.map((day) => (
          <li key={`${day.day} ${day.source}`}>
            <span className={classes.day}>{f.plainDay(day.day)}</span>
            <bdi className={classes.what}>{day.name || w.calendars.sources[day.source]}</bdi>
            <span className={classes.hours} data-closed={day.closed || undefined}>{day.closed ? w.calendars.allDay : day.intervals.map((span) => spanWords(span, i18n)).join(' ')}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
