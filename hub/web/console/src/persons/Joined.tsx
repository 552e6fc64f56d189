import { Button } from '@mantine/core'
import { IconUsersGroup } from '@tabler/icons-react'
import { useState } from 'react'
import { api } from '../api/calls'
import type { PersonLink } from '../api/personTypes'
import type { Contact } from '../api/types'
import type { I18n } from '../i18n'
import { useI18n } from '../i18n'
import { showAddress } from '../lib/address'
import { can } from '../store/select'
import { useHub } from '../store/store'
import { nameOf } from '../ui/useName'
import classes from './Joined.module.css'
import { SameDialog } from './SameDialog'
import { useAct } from './useAct'

/** Whom this person was joined with, how that is known, and the way to join or part. */
export function Joined({ contact }: { contact: Contact }) {
  const { w } = useI18n()
  const [asking, setAsking] = useState(false)
  const mayAct = useHub((state) => can(state.me, 'work'))
  const links = contact.links ?? []
  return (
    <div className={classes.joined}>
      {links.length > 0 && (
        <ul className={classes.links} aria-label={w.same.together}>
          {links.map((link) => <Link key={link.contact.id} link={link} mayAct={mayAct} />)}
        </ul>
      )}
      {mayAct && (
        <Button
          size="compact-sm" variant="subtle" color="gray" className={classes.action} leftSection={<IconUsersGroup size={15} stroke={1.6} />}
          onClick={() => setAsking(true)} data-testid="same-person"
        >
          {w.same.action}
        </Button>
      )}
      <SameDialog opened={asking} contact={contact} onClose={() => setAsking(false)} />
    </div>
  )
}

function Link({ link, mayAct }: { link: PersonLink; mayAct: boolean }) {
  const { w, f } = useI18n()
  const [sure, setSure] = useState(false)
  const { busy, run } = useAct()
  const name = nameOf(link.contact.name, w)
  const part = (): Promise<boolean> => run(() => api.part(link.contact.id), w.same.parted)
  return (
    <li className={classes.link} data-testid={`link-${link.contact.id}`}>
      <div className={classes.line}>
        <span className={classes.text}>
          <span className={classes.together}>{w.same.together}</span> <bdi>{name}</bdi>
          <span className={classes.how} title={f.exact(link.at)}><bdi>{evidenceText(link, w)}</bdi></span>
        </span>
        {mayAct && !sure && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setSure(true)} aria-label={w.same.takeBackFrom(name)} data-testid="take-back">{w.same.takeBack}</Button>
        )}
      </div>
      {sure && (
        <div className={classes.sure}>
          <p>{w.same.sure(name)}</p>
          <Button size="compact-sm" color="red" variant="light" loading={busy} onClick={() => void part()} data-testid="part">{w.same.takeBack}</Button>
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setSure(false)}>{w.same.keep}</Button>
        </div>
      )}
    </li>
  )
}

function evidenceText(link: PersonLink, w: I18n['w']): string {
  const [, kind = '', words = ''] = /^(\w+):?(.*)$/s.exec(link.evidence) ?? []
  if (kind === 'code') return w.same.byCode(showAddress(words))
  if (kind === 'signed') return w.same.bySignature
  return w.same.byAgent(link.by, kind === 'agent' ? words : link.evidence)
}
