import { IconHandStop, IconThumbUp } from '@tabler/icons-react'
import type { Consent } from '../../api/outreachTypes'
import type { Contact } from '../../api/types'
import { useI18n } from '../../i18n'
import type { I18n } from '../../i18n'
import { showAddress } from '../../lib/address'
import { paths } from '../../lib/router'
import { familyOf } from '../../ui/ChannelIcon'
import { Dotted } from '../../ui/Dotted'
import { PlainLink } from '../../ui/PlainLink'
import pane from '../ContextPane.module.css'
import classes from './Consent.module.css'
import { useConsents } from './useConsent'

/** What a person said of being written to, newest first, with the proof. */
export function Consents({ contact }: { contact: Contact }) {
  const i18n = useI18n()
  const { w } = i18n
  const items = useConsents(contact)
  if (items.length === 0) return null
  return (
    <section className={pane.section} data-testid="consents">
      <h2 className={pane.title}>{w.consent.history}</h2>
      <ol className={classes.lines}>
        {items.map((item) => <Line key={item.id} item={item} i18n={i18n} />)}
      </ol>
    </section>
  )
}

function sourceOf({ source, by }: Consent, { w }: I18n): string {
  const { sources } = w.consent
  if (source.startsWith('agent:')) return sources.agent(by)
  if (source === 'customer') return sources.customer
  if (source === 'link') return sources.link
  return source.startsWith('provider:') ? sources.provider : sources.other
}

function Line({ item, i18n }: { item: Consent; i18n: I18n }) {
  const { w, f } = i18n
  const Icon = item.state === 'granted' ? IconThumbUp : IconHandStop
  const all = item.purposes.length === 3
  const where = item.channel ? w.channelKinds[familyOf(item.channel.kind)] : w.consent.everyChannel
  return (
    <li className={classes.line} data-state={item.state}>
      <Icon size={15} stroke={1.7} aria-hidden />
      <div className={classes.what}>
        <Dotted>
          <span className={classes.state}>{w.consent.states[item.state]}</span>
          {!all && item.purposes.map((one) => w.consent.purposes[one]).join(f.language === 'fa' ? '، ' : ', ')}
          <span className={classes.dim}>{where}</span>
          <bdi className={`address ${classes.dim}`}>{showAddress(item.uri)}</bdi>
        </Dotted>
        {item.proof && <q className={classes.proof}><bdi>{item.proof}</bdi></q>}
        <Dotted className={classes.dim}>
          {sourceOf(item, i18n)}
          <time dateTime={item.at} title={f.exact(item.at)}>{f.dayTime(item.at)}</time>
          {item.conversation !== null && <PlainLink className={classes.link} to={paths.conversation(item.conversation)}>{w.consent.message}</PlainLink>}
        </Dotted>
      </div>
    </li>
  )
}
