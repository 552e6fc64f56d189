import { Button } from '@mantine/core'
import type { SessionInfo } from '../api/accessTypes'
import { api } from '../api/calls'
import type { Words } from '../i18n/en'
import { useI18n } from '../i18n'
import { useNow } from '../lib/clock'
import { showDone, showProblem } from '../lib/problem'
import { deviceOf } from './device'
import classes from './Security.module.css'

export function nameOf(session: SessionInfo, w: Words): string {
  const { browser, system } = deviceOf(session.user_agent)
  return [browser, system].filter(Boolean).join(` ${w.security.on} `) || w.security.unknownDevice
}

/** Where I am signed in; one place, or all others, can be left at once. */
export function SessionsCard({ sessions, onChanged }: { sessions: SessionInfo[]; onChanged: () => void }) {
  const { w } = useI18n()
  function run(act: Promise<unknown>, done: string): void {
    act.then(() => {
      showDone(done)
      onChanged()
    }, (error: unknown) => showProblem(error, w))
  }
  const others = sessions.filter((one) => !one.this)
  return (
    <section className={classes.card} data-testid="sessions">
      <h2>{w.security.sessions}</h2>
      {others.length > 0 && <Button size="xs" variant="default" onClick={() => run(api.signOutElsewhere(), w.security.elsewhereDone)} data-testid="sign-out-elsewhere">{w.security.elsewhere}</Button>}
      <ul className={classes.sessions}>
        {sessions.map((one) => <Session key={one.id} session={one} onEnd={() => run(api.endSession(one.id), w.security.ended)} />)}
      </ul>
      {others.length === 0 && <p>{w.security.alone}</p>}
    </section>
  )
}

/** Names stand as they are within the sentence of any language. */
function Device({ session }: { session: SessionInfo }) {
  const { w } = useI18n()
  const { browser, system } = deviceOf(session.user_agent)
  if (!browser && !system) return <span>{w.security.unknownDevice}</span>
  return <span><bdi>{browser || system}</bdi>{browser && system && <> {w.security.on} <bdi>{system}</bdi></>}</span>
}

function Session({ session, onEnd }: { session: SessionInfo; onEnd: () => void }) {
  const { w, f } = useI18n()
  const now = useNow()
  const name = nameOf(session, w)
  return (
    <li>
      <div>
        <div className={classes.device}><Device session={session} />{session.this && <span className={classes.state}>{w.security.this}</span>}</div>
        <div className={classes.facts}>
          <span>{w.security.how[session.how] ?? session.how}</span>
          <bdi className="address">{session.address}</bdi>
          <time dateTime={session.created_at} title={f.exact(session.created_at)}>{w.security.since(f.moment(session.created_at, now))}</time>
          {!session.this && <time dateTime={session.seen_at} title={f.exact(session.seen_at)}>{w.security.seen(f.moment(session.seen_at, now))}</time>}
        </div>
      </div>
      {!session.this && <Button size="compact-sm" variant="default" onClick={onEnd} aria-label={w.security.endNamed(name)}>{w.security.end}</Button>}
    </li>
  )
}
