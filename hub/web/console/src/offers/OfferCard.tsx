import { Button, Menu } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import type { Offer } from '../api/types'
import { useI18n } from '../i18n'
import { useSecond } from '../lib/clock'
import { MOD, SHIFT } from '../lib/keys'
import { whyMe } from '../context/whyLines'
import { ChannelIcon, familyOf } from '../ui/ChannelIcon'
import { Kbd } from '../ui/Kbd'
import { nameOf } from '../ui/useName'
import { useQueueTitle } from '../ui/useQueueTitle'
import { Waiting } from '../ui/When'
import { Countdown } from './Countdown'
import classes from './OfferCard.module.css'

interface Props {
  offer: Offer
  first: boolean
  busy: boolean
  onAccept: () => void
  onDecline: (reason: string) => void
}

const REASONS = ['busy', 'skill', 'break', 'conflict'] as const

export function OfferCard({ offer, first, busy, onAccept, onDecline }: Props) {
  const { w } = useI18n()
  const queue = useQueueTitle(offer.queue)
  const name = nameOf(offer.contact.name, w)
  const total = Math.round((Date.parse(offer.expires_at) - Date.parse(offer.made_at)) / 1000)
  const left = Math.min(total, Math.max(0, Math.ceil((Date.parse(offer.expires_at) - useSecond()) / 1000)))
  return (
    <article className={classes.card} aria-label={w.offers.from(name)} data-testid={`offer-${offer.id}`}>
      <div className={classes.top}>
        <Countdown from={offer.made_at} to={offer.expires_at} left={left} />
        <div className={classes.who}>
          <div className={classes.name}><bdi>{name}</bdi></div>
          <div className={classes.facts}>
            <ChannelIcon kind={offer.channel.kind} size={13} />
            <span>{w.channelKinds[familyOf(offer.channel.kind)]}</span>
            <span aria-hidden>·</span>
            <bdi>{queue}</bdi>
            {offer.waiting_since && <><span aria-hidden>·</span><Waiting since={offer.waiting_since} /></>}
          </div>
        </div>
      </div>
      {offer.last_text && <p className={classes.words} dir="auto">{offer.last_text}</p>}
      <Why offer={offer} />
      <div className={classes.acts}>
        <Button size="sm" px={10} flex={1} loading={busy} onClick={onAccept} data-testid="offer-accept" rightSection={first ? <Kbd keys={[MOD, SHIFT, 'A']} /> : null}>{w.offers.accept}</Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="sm" px={10} variant="default" disabled={busy} rightSection={<IconChevronDown size={14} />} data-testid="offer-decline">{w.offers.decline}</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {REASONS.map((reason) => <Menu.Item key={reason} onClick={() => onDecline(reason)} data-testid={`decline-${reason}`}>{w.offers.reasons[reason]}</Menu.Item>)}
          </Menu.Dropdown>
        </Menu>
      </div>
    </article>
  )
}

function Why({ offer }: { offer: Offer }) {
  const i18n = useI18n()
  const reason = whyMe(offer.why, i18n)[0]
  return reason ? <p className={classes.why}>{i18n.w.why.label.me}: {reason}</p> : null
}
