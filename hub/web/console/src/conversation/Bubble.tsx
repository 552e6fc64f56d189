import { memo } from 'react'
import type { Entry } from '../api/types'
import { useI18n } from '../i18n'
import { Suggested, suggestionOf } from '../persons/Suggested'
import { EntryMenu } from '../replies/EntryMenu'
import { Provenance } from '../replies/Provenance'
import { useHub } from '../store/store'
import { ChannelIcon } from '../ui/ChannelIcon'
import { nameOf } from '../ui/useName'
import { Clock } from '../ui/When'
import { Attachments } from './Attachments'
import classes from './Bubble.module.css'
import { DeliveryLine } from './DeliveryLine'
import { MailText } from './MailText'

interface Props {
  entry: Entry
  first: boolean
  last: boolean
  /** Belongs to another matter than the open one. */
  faded: boolean
}

/** What a customer said (left, neutral) or an agent answered (right, tinted). */
export const Bubble = memo(function Bubble({ entry, first, last, faded }: Props) {
  const { w } = useI18n()
  const out = entry.direction === 'out'
  const suggestion = suggestionOf(entry)
  const mine = useHub((state) => entry.actor.kind === 'agent' && entry.actor.id === state.me?.agent?.id)
  const name = mine ? w.common.you : entry.actor.kind === 'hub' ? w.entry.auto : nameOf(entry.actor.name, w)
  return (
    <article className={classes.row} data-out={out || undefined} data-first={first || undefined} data-faded={faded || undefined} data-testid={`entry-${entry.id}`} aria-label={name}>
      {first && (
        <header className={classes.head}>
          <bdi className={classes.name}>{name}</bdi>
          {entry.channel_kind && <span className={classes.via}><ChannelIcon kind={entry.channel_kind} size={12} /></span>}
        </header>
      )}
      <div className={classes.line}>
        <div className={classes.bubble} data-last={last || undefined}>
          <Provenance entry={entry} />
          {first && entry.subject && <div className={classes.subject} dir="auto">{entry.subject}</div>}
          <MailText entry={entry} />
          <Attachments items={entry.attachments} />
        </div>
        {entry.conversation !== null && <span className={classes.menu}><EntryMenu entry={entry} conversation={entry.conversation} /></span>}
      </div>
      {suggestion && <Suggested entry={entry} suggestion={suggestion} />}
      {(last || entry.delivery) && (
        <footer className={classes.foot}>
          {last && <Clock at={entry.at} />}
          {last && entry.late && entry.provider_time && <Late at={entry.provider_time} />}
          {entry.delivery && <DeliveryLine entry={entry} delivery={entry.delivery} />}
        </footer>
      )}
    </article>
  )
})

function Late({ at }: { at: string }) {
  const { w, f } = useI18n()
  return <span className={classes.late} title={w.entry.written(f.exact(at))}>{w.entry.late}</span>
}
