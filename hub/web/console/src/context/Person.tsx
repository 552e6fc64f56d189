import { ActionIcon, CopyButton, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy, IconRosetteDiscountCheck } from '@tabler/icons-react'
import type { Contact, Identity } from '../api/types'
import { useI18n } from '../i18n'
import { schemeOf, showAddress } from '../lib/address'
import { ChannelIcon } from '../ui/ChannelIcon'
import { Face } from '../ui/Face'
import pane from './ContextPane.module.css'
import { ClaimLine } from '../persons/ClaimLine'
import { Joined } from '../persons/Joined'
import { Address as WriteTo } from '../outreach/Address'
import { AddressMenu } from './consent/AddressMenu'
import { Consents } from './consent/Consents'
import { NameField } from './NameField'
import classes from './Person.module.css'

export function Person({ contact }: { contact: Contact }) {
  const { w } = useI18n()
  const facts = Object.entries(contact.attributes)
  return (
    <>
      <section className={pane.section}>
        <div className={classes.who}>
          <Face name={contact.name} size={44} />
          <NameField contact={contact} />
        </div>
        <ul className={classes.addresses} aria-label={w.context.addresses}>
          {contact.identities.map((identity) => <Address key={identity.id} identity={identity} name={contact.name} />)}
        </ul>
        {contact.claims.length > 0 && (
          <ul className={classes.claims} aria-label={w.context.claims}>
            {contact.claims.map((claim) => <ClaimLine key={claim.id} claim={claim} identities={contact.identities} />)}
          </ul>
        )}
        <Joined contact={contact} />
      </section>
      <Consents contact={contact} />
      {facts.length > 0 && (
        <section className={pane.section}>
          <h2 className={pane.title}>{w.context.facts}</h2>
          <dl className={classes.facts}>
            {facts.map(([name, value]) => (
              <div key={name}><dt dir="auto">{name}</dt><dd dir="auto">{typeof value === 'object' ? JSON.stringify(value) : String(value)}</dd></div>
            ))}
          </dl>
        </section>
      )}
    </>
  )
}

const kindOf: Record<string, string> = { mailto: 'email', tel: 'sms', sms: 'sms', webchat: 'webchat', webuser: 'webchat', telegram: 'telegram', whatsapp: 'whatsapp' }

function Address({ identity, name }: { identity: Identity; name: string }) {
  const { w } = useI18n()
  const address = showAddress(identity.uri)
  const scheme = schemeOf(identity.uri)
  return (
    <li className={classes.address} data-off={identity.opted_out || identity.blocked || undefined}>
      <ChannelIcon kind={kindOf[scheme] ?? 'other'} size={15} />
      <span className={classes.text}>
        {scheme === 'webchat' ? w.context.visitor : <WriteTo uri={identity.uri} name={name} />}
        {identity.opted_out && <span className={classes.off}>{w.context.optedOut}</span>}
        {identity.blocked && <span className={classes.off}>{w.context.blocked}</span>}
      </span>
      {identity.verified && (
        <Tooltip label={w.context.verified}>
          <span className={classes.verified} role="img" aria-label={w.context.verified}><IconRosetteDiscountCheck size={16} stroke={1.7} /></span>
        </Tooltip>
      )}
      {scheme !== 'webchat' && (
        <CopyButton value={address}>
          {({ copied, copy }) => (
            <ActionIcon size={24} className={classes.copy} onClick={copy} aria-label={w.context.copyAddress(address)}>
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} stroke={1.6} />}
            </ActionIcon>
          )}
        </CopyButton>
      )}
      {scheme !== 'webuser' && <AddressMenu identity={identity} name={name} className={classes.copy} />}
    </li>
  )
}
