import { Loader } from '@mantine/core'
import { useCallback, useEffect, useState } from 'react'
import { api } from '../../api/calls'
import type { Calendar } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import { showProblem } from '../../lib/problem'
import { Empty } from '../../ui/Empty'
import page from '../AdminPage.module.css'
import { CalendarCard } from './CalendarCard'

const FRESH_MS = 60_000

/** When somebody is there: open now, what changes next, the days that differ, and closing early today. */
export function CalendarsPage() {
  const { w } = useI18n()
  const [items, setItems] = useState<Calendar[] | null>(null)
  const load = useCallback(() => {
    api.calendars().then((found) => setItems(found.items), (error: unknown) => showProblem(error, w))
  }, [w])
  useEffect(() => {
    load()
    const timer = setInterval(load, FRESH_MS)
    return () => clearInterval(timer)
  }, [load])
  return (
    <>
      <div className={page.head}><p className={page.intro}>{w.calendars.intro}</p></div>
      {!items && <Loader size="sm" />}
      {items?.length === 0 && <Empty title={w.calendars.empty} help={w.calendars.emptyHelp} />}
      {items?.map((calendar) => <CalendarCard key={calendar.name} calendar={calendar} onChanged={load} />)}
    </>
  )
}
