import { Button, Loader, UnstyledButton } from '@mantine/core'
import { useCallback, useEffect, useState } from 'react'
import { api } from '../../api/calls'
import type { Rules } from '../../api/types'
import { useI18n } from '../../i18n'
import { showProblem } from '../../lib/problem'
import { can } from '../../store/select'
import { useHub } from '../../store/store'
import page from '../AdminPage.module.css'
import { Diff } from './Diff'
import { personOf } from './personOf'
import { RollBack } from './RollBack'
import classes from './Versions.module.css'

interface Props {
  rules: Rules
  body: string
  onStart: (rules: Rules) => void
}

/** Everything that was ever in force: what differs between any two, and the way back. */
export function Versions({ rules, body, onStart }: Props) {
  const { w, f } = useI18n()
  const mayPublish = useHub((state) => can(state.me, 'rules'))
  const [items, setItems] = useState<Rules[] | null>(null)
  const [next, setNext] = useState<string | null>(null)
  const [chosen, setChosen] = useState<number[]>([])
  const [back, setBack] = useState<Rules | null>(null)
  const load = useCallback((cursor?: string) => {
    api.ruleVersions(cursor).then((found) => {
      setItems((known) => (cursor ? [...(known ?? []), ...found.items] : found.items))
      setNext(found.next)
    }, (error: unknown) => showProblem(error, w))
  }, [w])
  useEffect(() => load(), [load, rules.version])

  if (!items) return <Loader size="sm" />
  if (items.length === 0) return <p className={page.dim}>{w.rulesLab.history.first}</p>
  const live = items[0]
  const choose = (version: number): void => setChosen(chosen.includes(version) ? chosen.filter((other) => other !== version) : [...chosen, version].slice(-2))
  return (
    <div data-testid="versions">
      <ol className={classes.list}>
        {items.map((item) => (
          <li key={item.version} className={classes.version} data-testid={`version-${item.version}`}>
            <input type="checkbox" className={classes.box} checked={chosen.includes(item.version)} onChange={() => choose(item.version)} aria-label={`${w.rulesLab.history.compare}: ${w.admin.rules.version(f.number(item.version))}`} />
            <div className={classes.what}>
              <div className={classes.name}>{w.admin.rules.version(f.number(item.version))}{item === live && <span className={classes.live}>{w.rulesLab.history.live}</span>}</div>
              <div className={classes.note} dir="auto">{item.note || w.rulesLab.history.noNote}</div>
              {item.published_at && <div className={page.dim}><bdi>{w.admin.rules.published(personOf(item.published_by), f.relative(item.published_at))}</bdi></div>}
            </div>
            {mayPublish && item !== live && <Button size="compact-xs" variant="default" onClick={() => setBack(item)} data-testid={`back-${item.version}`}>{w.rulesLab.history.back}</Button>}
          </li>
        ))}
      </ol>
      {next && <UnstyledButton className={classes.more} onClick={() => load(next)}>{w.common.loadMore}</UnstyledButton>}
      <Difference items={items} chosen={chosen} body={body} published={rules.body} />
      {back && live && <RollBack live={live} to={back} onClose={() => setBack(null)} onDone={onStart} />}
    </div>
  )
}

/** Two versions side by side in time; of one alone, what my rows change. */
function Difference({ items, chosen, body, published }: { items: Rules[]; chosen: number[]; body: string; published: string }) {
  const { w, f } = useI18n()
  const [older, newer] = chosen.map((version) => items.find((item) => item.version === version)).sort((a, b) => (a?.version ?? 0) - (b?.version ?? 0))
  if (older && newer) {
    return (
      <section className={classes.difference}>
        <h3 className={classes.title}>{w.rulesLab.history.differs(f.number(older.version), f.number(newer.version))}</h3>
        <Diff before={older.body} after={newer.body} />
      </section>
    )
  }
  if (older && body !== published) {
    return <section className={classes.difference}><h3 className={classes.title}>{w.rulesLab.history.mine}</h3><Diff before={older.body} after={body} /></section>
  }
  return items.length > 1 ? <p className={page.dim}>{w.rulesLab.history.pick}</p> : null
}
