import { Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { LedgerState, Page, RawEvent } from '../api/types'
import { useI18n } from '../i18n'
import { showDone, showProblem } from '../lib/problem'
import { go, paths } from '../lib/router'
import { can } from '../store/select'
import { useHub } from '../store/store'
import { Empty } from '../ui/Empty'
import page from './AdminPage.module.css'
import classes from './LedgerPage.module.css'

/** The raw events in one state; failed ones can be replayed after a fix. */
export function RawEvents({ state, onChanged }: { state: LedgerState; onChanged: () => void }) {
  const { w, f } = useI18n()
  const [found, setFound] = useState<Page<RawEvent> | null>(null)
  const [busy, setBusy] = useState(false)
  const mayReplay = useHub((hub) => can(hub.me, 'replay')) && state === 'failed'

  useEffect(() => {
    let current = true
    api.rawEvents({ state }).then((items) => current && setFound(items), (error: unknown) => current && showProblem(error, w))
    return () => {
      current = false
    }
  }, [state, w])

  async function more(): Promise<void> {
    if (!found?.next) return
    const next = await api.rawEvents({ state, cursor: found.next })
    setFound({ items: [...found.items, ...next.items], next: next.next })
  }
  async function replay(events: RawEvent[]): Promise<void> {
    setBusy(true)
    try {
      const states: LedgerState[] = []
      for (const event of events) states.push(...(await api.replay(event.id)).states)
      const failed = states.filter((item) => item === 'failed').length
      showDone(failed ? w.admin.ledger.replayFailed(failed, f.number(failed)) : w.admin.ledger.replayed)
      onChanged()
    } catch (error) {
      showProblem(error, w)
    } finally {
      setBusy(false)
    }
  }

  if (!found) return null
  if (found.items.length === 0) return <Empty title={w.admin.ledger.none} help={state === 'failed' ? w.admin.ledger.noneFailed : undefined} />
  return (
    <section>
      <div className={classes.line}>
        <h2 className={classes.heading}>{state === 'failed' ? w.admin.ledger.failedTitle : `${w.admin.ledger.events}: ${w.admin.ledger.states[state]}`}</h2>
        {mayReplay && found.items.length > 1 && <Button size="xs" loading={busy} onClick={() => void replay(found.items)} data-testid="replay-all">{w.admin.ledger.replayAll}</Button>}
      </div>
      <div className={page.scroll}>
        <table className={page.table}>
          <thead><tr><th>{w.admin.ledger.at}</th><th>{w.admin.ledger.channel}</th><th>{w.admin.ledger.id}</th><th>{w.admin.ledger.reason}</th><td /></tr></thead>
          <tbody>{found.items.map((event) => <Row key={event.id} event={event} onReplay={mayReplay && !busy ? () => void replay([event]) : null} />)}</tbody>
        </table>
      </div>
      {found.next && <Button mt="sm" variant="default" size="xs" onClick={() => void more()}>{w.common.loadMore}</Button>}
    </section>
  )
}

function Row({ event, onReplay }: { event: RawEvent; onReplay: (() => void) | null }) {
  const { w, f } = useI18n()
  const mayTrace = useHub((hub) => can(hub.me, 'trace'))
  return (
    <tr data-testid={`raw-${event.id}`}>
      <td style={{ whiteSpace: 'nowrap' }}>{event.received_at && <time dateTime={event.received_at} title={f.exact(event.received_at)}>{f.dayTime(event.received_at)}</time>}</td>
      <td><bdi>{event.channel}</bdi></td>
      <td className={page.mono}><bdi dir="ltr">{event.provider_id}</bdi></td>
      <td>
        <div><bdi>{event.reason}</bdi></div>
        {event.state === 'rejected' && <div className={page.mono} title={w.closing.url} data-testid="signed-url"><bdi dir="ltr">{event.url}</bdi></div>}
      </td>
      <td style={{ whiteSpace: 'nowrap' }}>
        {mayTrace && <Button size="compact-xs" variant="subtle" onClick={() => go(paths.trace(`event:${event.id}`))} data-testid={`trace-event-${event.id}`}>{w.closing.trace}</Button>}
        {onReplay && <Button size="compact-xs" variant="light" onClick={onReplay}>{w.admin.ledger.replay}</Button>}
      </td>
    </tr>
  )
}
