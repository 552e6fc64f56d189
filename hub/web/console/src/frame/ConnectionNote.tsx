import { UnstyledButton } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useI18n } from '../i18n'
import { connectNow, useSession } from '../live/session'
import classes from './ConnectionNote.module.css'

const PATIENCE_MS = 1500

/** Shown only when the connection has been away for a moment; calm, at the foot, over nothing typed. */
export function ConnectionNote() {
  const { w } = useI18n()
  const connection = useSession((state) => state.connection)
  const away = connection !== 'live'
  const [shown, setShown] = useState(false)

  useEffect(() => {
    if (!away) {
      setShown(false)
      return
    }
    const timer = setTimeout(() => setShown(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [away])

  return (
    <div role="status" className={classes.place} data-testid="connection" data-state={connection}>
      {shown && away && (
        <div className={classes.note}>
          <IconPlugConnectedX size={15} stroke={1.6} aria-hidden />
          <span>{connection === 'offline' ? w.connection.offline : w.connection.waiting}</span>
          {connection !== 'offline' && <UnstyledButton className={classes.now} onClick={connectNow}>{w.connection.now}</UnstyledButton>}
        </div>
      )}
    </div>
  )
}
