import { useI18n } from '../i18n'
import classes from './Countdown.module.css'

const RADIUS = 17
const LENGTH = 2 * Math.PI * RADIUS

/** A ring that shrinks with the time left, and the seconds in it. */
export function Countdown({ from, to, left }: { from: string; to: string; left: number }) {
  const { w, f } = useI18n()
  const total = Math.max(1, (Date.parse(to) - Date.parse(from)) / 1000)
  const share = Math.max(0, Math.min(1, left / total))
  return (
    <span className={classes.ring} role="timer" aria-label={w.offers.seconds(f.number(left))} data-last={left <= 10 || undefined}>
      <svg viewBox="0 0 40 40" width="44" height="44" aria-hidden>
        <circle cx="20" cy="20" r={RADIUS} className={classes.track} />
        <circle cx="20" cy="20" r={RADIUS} className={classes.left} strokeDasharray={`${share * LENGTH} ${LENGTH}`} />
      </svg>
      <span className={classes.number}>{f.number(left)}</span>
    </span>
  )
}
