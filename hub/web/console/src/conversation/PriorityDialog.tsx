import { Modal } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import type { I18n } from '../i18n'
import classes from './PriorityDialog.module.css'

const MINUTE = 60
const HOUR = 60 * MINUTE
/** Seconds of head start that are offered. */
export const STARTS = [0, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 24 * HOUR] as const

export function startWords(seconds: number, { w, f }: I18n): string {
  const { normal, minutes, hours } = w.priority.choices
  if (seconds === 0) return normal
  return seconds < HOUR ? minutes(f.number(seconds / MINUTE)) : hours(seconds / HOUR, f.number(seconds / HOUR))
}

interface Props {
  opened: boolean
  /** Seconds of head start now. */
  now: number
  onClose: () => void
  onChoose: (seconds: number) => void
}

/** A place further ahead in line, as seconds that count as waited. */
export function PriorityDialog({ opened, now, onClose, onChoose }: Props) {
  const i18n = useI18n()
  const { w } = i18n
  return (
    <Modal opened={opened} onClose={onClose} size="xs" title={w.priority.title} closeButtonProps={{ 'aria-label': w.common.close }}>
      <p className={classes.help}>{w.priority.help}</p>
      <div className={classes.list} role="radiogroup" aria-label={w.priority.title}>
        {STARTS.map((seconds) => (
          <button
            key={seconds} type="button" role="radio" aria-checked={now === seconds} className={classes.choice} data-autofocus={now === seconds || undefined}
            data-testid={`priority-${seconds}`}
            onClick={() => {
              onChoose(seconds)
              onClose()
            }}
          >
            {startWords(seconds, i18n)}
            {now === seconds && <IconCheck size={15} aria-hidden />}
          </button>
        ))}
      </div>
    </Modal>
  )
}
