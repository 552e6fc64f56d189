import { useI18n } from '../../i18n'
import classes from './Canned.module.css'
import { useCatalogue } from './catalogue'
import type { CannedState } from './useCanned'

/** Above the text: the canned replies that fit what follows the `/`. */
export function CannedList({ canned }: { canned: CannedState }) {
  const { w, f } = useI18n()
  const { loaded, items } = useCatalogue()
  if (!canned.shown || !loaded) return null
  const none = items.some((item) => item.canned) ? w.canned.none : w.canned.empty
  return (
    <div className={classes.list} role="listbox" id="canned-list" aria-label={w.canned.label} data-testid="canned-list">
      {canned.items.length === 0 && <p className={classes.none} role="status">{none}</p>}
      {canned.items.map((item, index) => {
        const text = item.texts[f.language] ?? Object.values(item.texts)[0]
        return (
          <div
            key={item.name} id={`canned-${item.name}`} role="option" aria-selected={index === canned.active} className={classes.item} data-testid={`canned-${item.name}`}
            onPointerMove={() => canned.setActive(index)} onMouseDown={(event) => event.preventDefault()} onClick={() => canned.pick(item)}
            ref={(node) => {
              if (index === canned.active) node?.scrollIntoView({ block: 'nearest' })
            }}
          >
            <bdi className={classes.name}>{item.name}</bdi>
            <span className={classes.words} dir="auto">{text?.text}</span>
          </div>
        )
      })}
    </div>
  )
}
