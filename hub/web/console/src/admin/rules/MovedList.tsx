import { IconArrowRight } from '@tabler/icons-react'
import type { DryRunItem } from '../../api/routingTypes'
import { useTitleByName } from '../../context/useTitleByName'
import { useI18n } from '../../i18n'
import { paths } from '../../lib/router'
import { PlainLink } from '../../ui/PlainLink'
import { nameOf } from '../../ui/useName'
import classes from './Lab.module.css'

const FIRST = 200

/** Whose messages would go elsewhere; each opens its conversation. */
export function MovedList({ items, whole }: { items: DryRunItem[]; whole: number }) {
  const { w, f } = useI18n()
  const d = w.rulesLab.dryRun
  return (
    <div>
      <h3 className={classes.title}>{whole > FIRST ? d.newest(f.number(FIRST)) : d.list}</h3>
      <ul className={classes.moved} data-testid="dry-run-items">{items.map((item) => <li key={item.entry}><One item={item} /></li>)}</ul>
    </div>
  )
}

function One({ item }: { item: DryRunItem }) {
  const { w, f } = useI18n()
  const titleOf = useTitleByName()
  const d = w.rulesLab.dryRun
  const title = (name: string | null): string => (name === null ? d.nowhere : titleOf(name))
  return (
    <PlainLink to={paths.conversation(item.conversation)} className={classes.contact}>
      <span className={classes.who}><bdi>{nameOf(item.contact.name, w)}</bdi><time dateTime={item.at} title={f.exact(item.at)}>{f.relative(item.at)}</time></span>
      <span className={classes.rules}>
        <bdi>{title(item.old_queue)} ({item.old_rule})</bdi> <IconArrowRight size={12} stroke={1.7} className="turns" aria-hidden /> <bdi>{title(item.new_queue)} ({item.new_rule})</bdi>
      </span>
    </PlainLink>
  )
}
