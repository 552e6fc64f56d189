import { useMemo } from 'react'
import type { Offer } from '../api/types'
import { useI18n } from '../i18n'
import { useSecond } from '../lib/clock'
import { useKeys } from '../lib/keys'
import { useHub } from '../store/store'
import { OfferCard } from './OfferCard'
import classes from './OfferStack.module.css'
import { useOfferActions } from './useOfferActions'

/** How long a card outlives its time, should the hub's word be late. */
const LATE_MS = 1500

/** Offers at the top right: they take no focus and cover nothing that is typed. */
export function OfferStack() {
  const { w, f } = useI18n()
  const table = useHub((state) => state.offers)
  const now = useSecond()
  const offers = useMemo(
    () => Object.values(table)
      .filter((offer) => Date.parse(offer.expires_at) > now - LATE_MS)
      .sort((a, b) => Date.parse(a.expires_at) - Date.parse(b.expires_at)),
    [table, now],
  )
  const { accept, decline, busy } = useOfferActions()
  const first: Offer | undefined = offers[0]
  useKeys({ 'Mod+Shift+KeyA': () => first && accept(first) }, first !== undefined)
  if (offers.length === 0) return null
  return (
    <section className={classes.stack} aria-label={w.offers.label} data-testid="offers">
      {offers.map((offer, index) => (
        <OfferCard key={offer.id} offer={offer} first={index === 0} busy={busy === offer.id} onAccept={() => accept(offer)} onDecline={(reason, words) => decline(offer, reason, words)} />
      ))}
      {offers.length > 1 && <div className={classes.more}>{w.offers.more(offers.length - 1, f.number(offers.length - 1))}</div>}
    </section>
  )
}
