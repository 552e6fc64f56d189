import { IconCalendarEvent, IconFileInvoice, IconMail, IconMapPin, IconPhone, IconPrinter, IconShoppingBag, IconRecordMail } from '@tabler/icons-react'
import type { ComponentType } from 'react'
import type { Entry } from '../api/types'
import { useI18n } from '../i18n'
import type { Words } from '../i18n/en'
import { EntryMenu } from '../replies/EntryMenu'
import { Clock } from '../ui/When'
import { Attachments } from './Attachments'
import classes from './Card.module.css'

type Kind = keyof Words['entry']['kinds']

const icons: Record<Kind, ComponentType<{ size?: number; stroke?: number }>> = {
  call: IconPhone, voicemail: IconRecordMail, fax: IconPrinter, order: IconShoppingBag, invoice: IconFileInvoice,
  visit: IconMapPin, letter: IconMail, other: IconCalendarEvent,
}

/** A call, an order, a letter: something that happened, told apart by its shape. */
export function Card({ entry }: { entry: Entry }) {
  const { w } = useI18n()
  const kind: Kind = entry.kind in icons ? (entry.kind as Kind) : 'other'
  const Icon = icons[kind]
  return (
    <article className={classes.card} data-out={entry.direction === 'out' || undefined} data-testid={`entry-${entry.id}`}>
      <span className={classes.icon} aria-hidden><Icon size={18} stroke={1.5} /></span>
      <div className={classes.body}>
        <div className={classes.top}><span className={classes.kind}>{w.entry.kinds[kind]}</span><Clock at={entry.at} />{entry.conversation !== null && <EntryMenu entry={entry} conversation={entry.conversation} />}</div>
        {(entry.subject || entry.text) && <div className="people-text" dir="auto">{entry.subject || entry.text}</div>}
        <Attachments items={entry.attachments} />
      </div>
    </article>
  )
}
