import { Button, Loader } from '@mantine/core'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Channel } from '../api/types'
import { useI18n } from '../i18n'
import { problemText, showProblem } from '../lib/problem'
import { byId } from '../store/reduce'
import { can } from '../store/select'
import { update, useHub } from '../store/store'
import { ChannelIcon, familyOf } from '../ui/ChannelIcon'
import { Empty } from '../ui/Empty'
import { Age } from '../ui/When'
import page from './AdminPage.module.css'
import classes from './ChannelsPage.module.css'

const FRESH_MS = 10_000

/** Every address of ours and how it is doing. */
export function ChannelsPage() {
  const { w } = useI18n()
  const channels = useHub((state) => state.channels)
  const [loading, setLoading] = useState(true)
  useEffect(() => {
    const load = (): void => {
      api.channels()
        .then((found) => update((state) => ({ ...state, channels: byId(found.items) })), (error: unknown) => showProblem(error, w))
        .finally(() => setLoading(false))
    }
    load()
    const timer = setInterval(load, FRESH_MS)
    return () => clearInterval(timer)
  }, [w])
  const items = Object.values(channels).sort((a, b) => a.name.localeCompare(b.name))
  return (
    <>
      <div className={page.head}><p className={page.intro}>{w.admin.channels.intro}</p></div>
      {items.length === 0 && (loading ? <Loader size="sm" /> : <Empty title={w.admin.channels.empty} help={w.admin.channels.emptyHelp} />)}
      <div className={classes.list}>{items.map((channel) => <Line key={channel.id} channel={channel} />)}</div>
    </>
  )
}

type Health = 'good' | 'warn' | 'bad' | 'off'

function health(channel: Channel): Health {
  if (!channel.enabled || channel.state === 'disabled') return 'off'
  if (['ok', 'connected', 'running', 'open', 'live'].includes(channel.state)) return channel.oldest_undelivered ? 'warn' : 'good'
  return ['starting', 'connecting', 'backing_off', 'degraded', 'new', 'stopped'].includes(channel.state) ? 'warn' : 'bad'
}

function Line({ channel }: { channel: Channel }) {
  const { w } = useI18n()
  const words: Record<string, string> = w.admin.channels.states
  const mode = channel.signature_mode
  return (
    <article className={classes.line} data-health={health(channel)} data-testid={`channel-${channel.name}`}>
      <span className={classes.icon}><ChannelIcon kind={channel.kind} size={20} /></span>
      <div className={classes.what}>
        <div className={classes.name}>
          <bdi>{channel.title || channel.name}</bdi> <span className={page.dim}>{w.channelKinds[familyOf(channel.kind)]} · <bdi>{channel.name}</bdi></span>
          {channel.simulated && <span className={classes.tag}>{w.admin.channels.simulated}</span>}
        </div>
        <div className={classes.state}>
          <span className={classes.dot} aria-hidden />{channel.enabled ? (words[channel.state] ?? channel.state) : w.admin.channels.disabled}
          {channel.detail && <bdi className={page.dim}>{channel.detail}</bdi>}
        </div>
        {(mode === 'report' || mode === 'off') && <div className={classes.warning}>{w.admin.channels.signature[mode]}</div>}
      </div>
      <dl className={classes.facts}>
        <div><dt>{w.admin.channels.lastEvent}</dt><dd>{channel.last_event_at ? <Age at={channel.last_event_at} /> : w.admin.channels.never}</dd></div>
        {channel.oldest_undelivered && <div className={classes.late}><dt>{w.admin.channels.waiting}</dt><dd><Age at={channel.oldest_undelivered} /></dd></div>}
      </dl>
      <Check channel={channel} />
    </article>
  )
}

function Check({ channel }: { channel: Channel }) {
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
