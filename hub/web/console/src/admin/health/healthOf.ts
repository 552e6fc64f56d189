import type { ChannelHealth } from '../../api/healthTypes'

export type State = 'good' | 'warn' | 'bad' | 'off'

const WORKING = ['ok', 'connected', 'running', 'open', 'live']
const ON_ITS_WAY = ['starting', 'connecting', 'backing_off', 'degraded', 'new', 'stopped', 'unavailable']
const LATE_MS = 15 * 60_000

/** How a channel does in one word: what it says of itself, and what its figures say. */
export function healthOf(channel: ChannelHealth, now: number): State {
  if (!channel.enabled || channel.state === 'disabled') return 'off'
  if (channel.token_trouble) return 'bad'
  if (!WORKING.includes(channel.state)) return ON_ITS_WAY.includes(channel.state) ? 'warn' : 'bad'
  const late = channel.oldest_undelivered !== null && now - Date.parse(channel.oldest_undelivered) > LATE_MS
  return late || channel.signature_mode === 'off' || (channel.mailbox?.missing ?? 0) > 0 ? 'warn' : 'good'
}
