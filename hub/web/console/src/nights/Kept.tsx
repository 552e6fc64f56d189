import { useEffect, useState } from 'react'
import page from '../admin/AdminPage.module.css'
import { api } from '../api/calls'
import type { Retention } from '../api/nightsTypes'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { Age } from '../ui/When'
import classes from './Kept.module.css'

/** How long what comes in is kept, and what went: with counts, for whoever is asked by a customer. */
export function Kept() {
  const { w, f } = useI18n()
  const [found, setFound] = useState<Retention | null>(null)
  useEffect(() => {
    api.retention().then(setFound, (error: unknown) => showProblem(error, w))
  }, [w])
  if (!found) return null
  const words = w.retention
  const span = (text: string): string => {
    const days = /^(\d+)d$/.exec(text)
    return days ? words.days(Number(days[1]), f.number(Number(days[1]))) : text
  }
  return (
    <section className={classes.kept} aria-labelledby="kept-title" data-testid="retention">
      <h3 id="kept-title" className={classes.title}>{words.title}</h3>
      <p className={page.intro}>{words.intro}</p>
      <dl className={classes.facts}>
        {Object.entries(found.keep).map(([name, text]) => (
          <div key={name}><dt>{words.keep[name] ?? name}</dt><dd><bdi>{span(text)}</bdi></dd></div>
        ))}
      </dl>
      <h4 className={classes.title}>{words.gone}</h4>
      {found.removed.length === 0 && <p className={page.dim}>{words.none}</p>}
      <dl className={classes.facts}>
        {found.removed.map((one) => (
          <div key={one.what}>
            <dt>{words.what[one.what] ?? one.what}</dt>
            <dd>{f.number(one.n)}<span className={page.dim}>{w.between}<Age at={one.last_at} /></span></dd>
          </div>
        ))}
        {found.held.map((one) => (
          <div key={one.reason}>
            <dt>{words.held(one.n, f.number(one.n))}</dt>
            <dd className={page.dim}><bdi>{one.reason === 'failed' ? words.failed : one.reason}</bdi></dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
