import { Button } from '@mantine/core'
import { useState } from 'react'
import { api } from '../../api/calls'
import type { ChannelHealth } from '../../api/healthTypes'
import { useI18n } from '../../i18n'
import { useNow } from '../../lib/clock'
import { problemText } from '../../lib/problem'
import { can } from '../../store/select'
import { useHub } from '../../store/store'
import { ChannelIcon, familyOf } from '../../ui/ChannelIcon'
import { Age } from '../../ui/When'
import page from '../AdminPage.module.css'
import classes from './Health.module.css'
import { healthOf } from './healthOf'

/** One channel: how it is, what is odd about it, its figures, and a call to its provider. */
export function ChannelLine({ channel }: { channel: ChannelHealth }) {
  const { w, f } = useI18n()
  const words: Record<string, string> = w.admin.channels.states
  return (
    <article className={classes.line} data-health={healthOf(channel, useNow())} data-testid={`channel-${channel.name}`}>
      <span className={classes.icon}><ChannelIcon kind={channel.kind} size={20} /></span>
      <div className={classes.what}>
        <div className={classes.name}>
          <bdi>{channel.title || channel.name}</bdi> <span className={page.dim}>{w.channelKinds[familyOf(channel.kind)]}{w.between}<bdi>{channel.name}</bdi></span>
          {channel.simulated && <span className={classes.tag}>{w.admin.channels.simulated}</span>}
        </div>
        <div className={classes.state}>
          <span className={classes.dot} aria-hidden />{channel.enabled ? (words[channel.state] ?? channel.state) : w.admin.channels.disabled}
          {channel.since && channel.enabled && <span className={page.dim}>{w.health.since} <time dateTime={channel.since} title={f.exact(channel.since)}>{f.moment(channel.since)}</time></span>}
          {channel.detail && <bdi className={page.dim}>{channel.detail}</bdi>}
        </div>
        <Oddities channel={channel} />
      </div>
      <Facts channel={channel} />
      <Check channel={channel} />
    </article>
  )
}

function Oddities({ channel }: { channel: ChannelHealth }) {
  const { w, f } = useI18n()
  const now = useNow()
  const mode = channel.signature_mode
  const unsigned = channel.unsigned > 0 ? w.health.unsigned(channel.unsigned, f.number(channel.unsigned)) : ''
  const loose = mode === 'report' || mode === 'off'
  const missing = channel.mailbox?.missing ?? 0
  const over = channel.token_expires_at !== null && Date.parse(channel.token_expires_at) < now
  return (
    <>
      <div className={loose ? classes.warning : page.dim}>{[w.health.signed[loose ? mode : 'enforce'], unsigned].filter(Boolean).join(w.between)}</div>
      {channel.token_trouble && <div className={classes.trouble}>{w.health.tokenTrouble(channel.token_trouble)}</div>}
      {!channel.token_trouble && over && <div className={classes.warning}>{w.health.tokenOver}</div>}
      {missing > 0 && <div className={classes.warning}>{w.health.missing(missing, f.number(missing))}</div>}
      {channel.unknown > 0 && <div className={classes.warning}>{w.health.unknown(channel.unknown, f.number(channel.unknown))}</div>}
      {channel.stubs > 0 && <div className={page.dim}>{w.health.stubs(channel.stubs, f.number(channel.stubs))}</div>}
    </>
  )
}

function Facts({ channel }: { channel: ChannelHealth }) {
  const { w, f } = useI18n()
  const now = useNow()
  const { failed = 0, rejected = 0 } = channel.counts
  const until = channel.token_expires_at
  return (
    <dl className={classes.facts}>
      <div><dt>{w.admin.channels.lastEvent}</dt><dd>{channel.last_event_at ? <Age at={channel.last_event_at} /> : w.admin.channels.never}</dd></div>
      {channel.lag_seconds !== null && <div title={w.health.lagHelp}><dt>{w.health.lag}</dt><dd><Span seconds={channel.lag_seconds} /></dd></div>}
      {channel.oldest_undelivered && (
        <div className={classes.late}><dt>{w.health.undelivered}</dt><dd>{f.number(channel.undelivered)}{w.between}<Age at={channel.oldest_undelivered} /></dd></div>
      )}
      <div>
        <dt>{w.health.events}</dt>
        <dd>{f.number(channel.received)}{(failed > 0 || rejected > 0) && <span className={page.dim}>{w.between}{w.health.ofThese(f.number(failed), f.number(rejected))}</span>}</dd>
      </div>
      {until && Date.parse(until) >= now && <div><dt>{w.health.tokenUntil}</dt><dd><time dateTime={until}>{f.moment(until)}</time></dd></div>}
      {channel.mailbox?.reconciled_at && <div><dt>{w.health.mailbox}</dt><dd><Age at={channel.mailbox.reconciled_at} /></dd></div>}
    </dl>
  )
}

function Span({ seconds }: { seconds: number }) {
  const { w, f } = useI18n()
  if (seconds < 60) return <>{w.health.lagSpan(f.number(Math.round(seconds)))}</>
  const { unit, count } = f.length(new Date(0), seconds * 1000)
  return <>{w.age(unit, f.number(count))}</>
}

function Check({ channel }: { channel: ChannelHealth }) {
  const { w } = useI18n()
  const allowed = useHub((state) => can(state.me, 'channels'))
  const [state, setState] = useState<'idle' | 'busy' | 'fine' | 'bad'>('idle')
  const [words, setWords] = useState('')
  if (!allowed) return null
  async function check(): Promise<void> {
    setState('busy')
    try {
      const answer = await api.checkChannel(channel.id)
      setWords(answer.ok ? w.admin.channels.fine : answer.words)
      setState(answer.ok ? 'fine' : 'bad')
    } catch (error) {
      setWords(problemText(error, w))
      setState('bad')
    }
  }
  return (
    <div className={classes.check}>
      <Button size="xs" variant="default" loading={state === 'busy'} onClick={() => void check()} data-testid={`check-${channel.name}`}>{w.admin.channels.check}</Button>
      {(state === 'fine' || state === 'bad') && <span className={classes.answer} data-state={state} role="status">{words}</span>}
    </div>
  )
}
