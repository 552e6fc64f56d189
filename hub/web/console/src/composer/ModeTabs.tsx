import type { ComposerMode } from '../api/types'
import { useI18n } from '../i18n'
import { Hint } from '../ui/Hint'
import classes from './ModeTabs.module.css'

/** Reply or note: two clearly different modes. */
export function ModeTabs({ mode, onMode }: { mode: ComposerMode; onMode: (mode: ComposerMode) => void }) {
  const { w } = useI18n()
  const keys = { reply: 'R', note: 'N' }
  return (
    <div className={classes.tabs} role="group" aria-label={w.composer.label}>
      {(['reply', 'note'] as const).map((item) => (
        <Hint key={item} label={w.composer[item]} keys={[keys[item]]}>
          <button type="button" className={`${classes.tab} touch`} data-mode={item} aria-pressed={mode === item} onClick={() => onMode(item)} data-testid={`mode-${item}`}>
            {w.composer[item]}
          </button>
        </Hint>
      ))}
    </div>
  )
}
