import { IconPlayerPause } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Hold } from '../api/nightsTypes'
import { useI18n } from '../i18n'
import { update, useHub } from '../store/store'
import classes from './HoldFrame.module.css'

const LOOK_MS = 15_000

/** Every page of a hub on hold stands below a bar that says so: nobody may take it for the one at work. */
export function HoldFrame({ children }: { children: ReactNode }) {
  const held = useHub((state) => state.me?.hub.hold === true)
  return (
    <div className={classes.frame}>
      {held && <Bar />}
      <div className={classes.rest}>{children}</div>
    </div>
  )
}

function Bar() {
  const { w, f } = useI18n()
  const hold = useHold()
  return (
    <div className={classes.bar} role="status" data-testid="hold">
      <IconPlayerPause size={16} stroke={1.8} aria-hidden className={classes.icon} />
      <p className={classes.words}>
        <strong>{w.hold.title}.</strong>{' '}
        {hold?.why === 'restore' && hold.made_at && <>{w.hold.restored(`${f.day(hold.made_at)} ${f.time(hold.made_at)}`)} </>}
        {hold?.why === 'setting' && <>{w.hold.copy} </>}
        {w.hold.still}{' '}
        {!!hold?.waiting && <>{w.hold.waiting(hold.waiting, f.number(hold.waiting))} </>}
        <span className={classes.end}>{w.hold.end} <bdi><code>{w.hold.command}</code></bdi></span>
      </p>
    </div>
  )
}

/** What the hub says of its hold, asked now and then; once it is over the bar goes. */
function useHold(): Hold | null {
  const [hold, setHold] = useState<Hold | null>(null)
  useEffect(() => {
    let current = true
    const look = (): void => {
      api.hold().then(
        (found) => {
          if (!current) return
          setHold(found)
          if (!found.hold) update((state) => (state.me ? { ...state, me: { ...state.me, hub: { ...state.me.hub, hold: false } } } : state))
        },
        () => undefined, // the connection's own note says that it is gone
      )
    }
    look()
    const timer = setInterval(look, LOOK_MS)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [])
  return hold
}
