import { Loader } from '@mantine/core'
import { useCallback, useEffect, useState } from 'react'
import { api } from '../../api/calls'
import type { ChannelHealth, Health } from '../../api/healthTypes'
import { useI18n } from '../../i18n'
import { useNow } from '../../lib/clock'
import { showProblem } from '../../lib/problem'
import { paths } from '../../lib/router'
import { Empty } from '../../ui/Empty'
import { PlainLink } from '../../ui/PlainLink'
import { Age } from '../../ui/When'
import page from '../AdminPage.module.css'
import { ChannelLine } from './ChannelLine'
import { Doctor } from './Doctor'
import classes from './Health.module.css'
import { healthOf } from './healthOf'

const FRESH_MS = 10_000

/** How everything is doing: what waits, each channel, and an examination on demand. */
export function HealthPage() {
  const { w, f } = useI18n()
  const [health, setHealth] = useState<Health | null>(null)
  const load = useCallback(() => {
    api.health().then(setHealth, (error: unknown) => showProblem(error, w))
  }, [w])
  useEffect(() => {
    load()
    const timer = setInterval(load, FRESH_MS)
    return () => clearInterval(timer)
  }, [load])
  const now = useNow()
  if (!health) return <div className={page.head}><Loader size="sm" /></div>
  const ill = health.channels.filter((one) => ['warn', 'bad'].includes(healthOf(one, now))).length
  return (
    <>
      <div className={page.head}>
        <p className={page.intro}>{w.health.intro} {health.channels.length > 0 && (ill ? w.health.look(ill, f.number(ill)) : health.counts.failed === 0 && w.health.fine)}</p>
      </div>
      <Figures health={health} />
      {health.channels.length === 0 && <Empty title={w.admin.channels.empty} help={w.admin.channels.emptyHelp} />}
      <div className={classes.list}>{health.channels.map((channel) => <ChannelLine key={channel.id} channel={channel} />)}</div>
      <Doctor />
    </>
  )
}

function Figures({ health }: { health: Health }) {
  const { w, f } = useI18n()
  const sum = (of: (one: ChannelHealth) => number): number => health.channels.reduce((total, one) => total + of(one), 0)
  const leaving = sum((one) => one.undelivered)
  const failed = health.counts.failed
  const oldest = health.channels.map((one) => one.oldest_undelivered).filter((at) => at !== null).sort()[0]
  return (
    <dl className={classes.figures} aria-label={w.health.figures}>
      <div><dt>{w.health.received}</dt><dd data-testid="health-received">{f.number(health.received)}</dd></div>
      <div data-bad={failed > 0 || undefined}>
        <dt>{w.health.failed}</dt><dd>{f.number(failed)}</dd>
        {failed > 0 && <dd className={classes.aside}><PlainLink className={classes.link} to={paths.admin('ledger')}>{w.health.replay}</PlainLink></dd>}
      </div>
      <div>
        <dt>{w.health.leaving}</dt><dd data-testid="health-leaving">{f.number(leaving)}</dd>
        {oldest && <dd className={classes.aside}><Age at={oldest} /></dd>}
      </div>
      <div>
        <dt>{w.health.routed}</dt><dd data-testid="health-routed">{f.number(health.waiting?.n ?? 0)}</dd>
        {health.waiting && <dd className={classes.aside}><Age at={health.waiting.since} />{w.between}<bdi>{health.waiting.queue ? w.health.routedIn(health.waiting.queue) : w.health.anotherTeam}</bdi></dd>}
      </div>
      {health.swept > 0 && <div data-bad><dt>{w.health.swept}</dt><dd>{f.number(health.swept)}</dd></div>}
    </dl>
  )
}
