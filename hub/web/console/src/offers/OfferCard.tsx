import { Button } from '@mantine/core'
import { useState } from 'react'
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
import type { Reason } from './DeclineMenu'
import { DeclineMenu } from './DeclineMenu'
import { DeclineWords } from './DeclineWords'
import classes from './OfferCard.module.css'

interface Props {
  offer: Offer
  first: boolean
  busy: boolean
  onAccept: () => void
  onDecline: (reason: Reason, words?: string) => void
}

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
      <Answer first={first} busy={busy} onAccept={onAccept} onDecline={onDecline} />
    </article>
  )
}

function Answer({ first, busy, onAccept, onDecline }: Pick<Props, 'first' | 'busy' | 'onAccept' | 'onDecline'>) {
  const { w } = useI18n()
  const [other, setOther] = useState(false)
  if (other) return <DeclineWords busy={busy} onCancel={() => setOther(false)} onSend={(words) => onDecline('other', words)} />
  return (
    <div className={classes.acts}>
      <Button size="sm" px={10} flex={1} loading={busy} onClick={onAccept} data-testid="offer-accept" rightSection={first ? <Kbd keys={[MOD, SHIFT, 'A']} /> : null}>{w.offers.accept}</Button>
      <DeclineMenu disabled={busy} onChoose={(reason) => (reason === 'other' ? setOther(true) : onDecline(reason))} />
    </div>
  )
}

/** The matcher's own sentences; where it says none, from what it met. */
function Why({ offer }: { offer: Offer }) {
  const i18n = useI18n()
  const said = offer.why.words?.[i18n.f.language] ?? []
  const lines = said.length > 0 ? said : whyMe(offer.why, i18n).slice(0, 1)
  if (lines.length === 0) return null
  return <p className={classes.why} data-testid="offer-why">{i18n.w.why.label.me}: {lines.join(' ')}</p>
}
