import type { Trace } from '../../api/healthTypes'
import { useI18n } from '../../i18n'
import page from '../AdminPage.module.css'
import classes from './Trace.module.css'

/** What will happen by itself, the soonest first. */
export function DueList({ due }: { due: Trace['due'] }) {
  const { w, f } = useI18n()
  return (
    <section aria-label={w.trace.due}>
      <h3 className={classes.heading}>{w.trace.due}</h3>
      {due.length === 0 && <p className={page.dim}>{w.trace.noDue}</p>}
      <ul className={classes.due} data-testid="trace-due">
        {due.map((one, place) => (
          <li key={place}><time dateTime={one.at} title={f.exact(one.at)}>{f.moment(one.at)}</time><span>{one.words[f.language]}</span></li>
        ))}
      </ul>
    </section>
  )
}
