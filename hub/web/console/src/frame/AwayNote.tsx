import { UnstyledButton } from '@mantine/core'
import { IconZzz } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import { useHub } from '../store/store'
import classes from './ConnectionNote.module.css'
import { usePresence } from './usePresence'

/** Who missed two offers is set to away by the hub: say so, and the way back. */
export function AwayNote() {
  const { w } = useI18n()
  const missed = useHub((state) => state.me?.agent?.presence === 'away' && state.me.agent.reason === 'missed')
  const change = usePresence()
  return (
    <div role="status" className={classes.place}>
      {missed && (
        <div className={classes.note} data-testid="away-note">
          <IconZzz size={15} stroke={1.6} aria-hidden />
          <span>{w.presence.missed}</span>
          <UnstyledButton className={classes.now} onClick={() => change('available')}>{w.presence.become}</UnstyledButton>
        </div>
      )}
    </div>
  )
}
