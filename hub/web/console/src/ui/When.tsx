import { useI18n } from '../i18n'
import { useNow } from '../lib/clock'

/** A short age ("4 m") with the exact time on hover. */
export function Age({ at }: { at: string }) {
  const { w, f } = useI18n()
  const { unit, count } = f.length(at, useNow())
  return <time dateTime={at} title={f.exact(at)}>{w.age(unit, f.number(count))}</time>
}

/** How long somebody has been waiting, in words. */
export function Waiting({ since }: { since: string }) {
  const { w, f } = useI18n()
  const { unit, count } = f.length(since, useNow())
  return <time dateTime={since} title={f.exact(since)}>{w.waitingFor(unit, count, f.number(count))}</time>
}

/** The time of day, exact on hover. */
export function Clock({ at }: { at: string }) {
  const { f } = useI18n()
  return <time dateTime={at} title={f.exact(at)}>{f.time(at)}</time>
}
