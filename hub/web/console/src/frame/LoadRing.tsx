import type { Presence } from '../api/types'
import { Face } from '../ui/Face'
import classes from './LoadRing.module.css'

interface Props {
  name: string
  presence: Presence | null
  used: number
  capacity: number
  /** Across, in pixels. */
  size?: number
}

const RADIUS = 18
const LENGTH = 2 * Math.PI * RADIUS

/** The person's picture with a ring of load against capacity and a dot of presence. */
export function LoadRing({ name, presence, used, capacity, size = 40 }: Props) {
  const share = capacity > 0 ? Math.min(1, used / capacity) : 0
  return (
    <span className={classes.ring} data-full={share >= 1 || undefined} style={{ inlineSize: size, blockSize: size }}>
      <svg viewBox="0 0 40 40" width={size} height={size} aria-hidden>
        <circle cx="20" cy="20" r={RADIUS} className={classes.track} />
        {share > 0 && (
          <circle cx="20" cy="20" r={RADIUS} className={classes.load} strokeDasharray={`${share * LENGTH} ${LENGTH}`} />
        )}
      </svg>
      <Face name={name} size={size * 0.75} />
      {presence && <span className={classes.dot} data-presence={presence} />}
    </span>
  )
}
