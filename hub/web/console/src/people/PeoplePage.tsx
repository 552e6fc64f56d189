import { TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch, IconUsers } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Contact, Id } from '../api/types'
import { useI18n } from '../i18n'
import { showAddress } from '../lib/address'
import { go, paths } from '../lib/router'
import { useIsPhone } from '../lib/screen'
import { Empty } from '../ui/Empty'
import { Face } from '../ui/Face'
import classes from './PeoplePage.module.css'
import { PersonPage } from './PersonPage'

/** Find a person by name, address or number, and see everything with them. */
export function PeoplePage({ contact }: { contact: Id | null }) {
  const { w } = useI18n()
  const phone = useIsPhone()
  return (
    <div className={classes.columns}>
      {(!phone || contact === null) && <Finder open={contact} />}
      {contact !== null && <PersonPage key={contact} id={contact} />}
      {contact === null && !phone && (
        <div className={classes.nothing}><Empty icon={<IconUsers size={44} stroke={1.1} />} title={w.people.start} help={w.people.choose} /></div>
      )}
    </div>
  )
}

function useFound(query: string): Contact[] | null {
  const [wanted] = useDebouncedValue(query.trim(), 200)
  const [found, setFound] = useState<Contact[] | null>(null)
  useEffect(() => {
    let current = true
    api.findContacts(wanted ? { q: wanted } : {}).then(
      (page) => current && setFound(page.items),
      () => current && setFound([]),
    )
    return () => {
      current = false
    }
  }, [wanted])
  return found
}

function Finder({ open }: { open: Id | null }) {
  const { w } = useI18n()
  const [query, setQuery] = useState('')
  const found = useFound(query)
  return (
    <section className={classes.finder} aria-label={w.people.title}>
      <div className={classes.search}>
        <TextInput
          autoFocus leftSection={<IconSearch size={16} stroke={1.6} />} placeholder={w.people.find} aria-label={w.people.find} value={query}
          onChange={(event) => setQuery(event.currentTarget.value)} dir={query ? 'auto' : undefined} data-testid="find-people"
        />
      </div>
      <ul className={classes.results}>
        {found?.map((contact) => <li key={contact.id}><PersonRow contact={contact} selected={contact.id === open} /></li>)}
      </ul>
      {found?.length === 0 && <Empty title={w.people.none} help={w.people.noneHelp} />}
    </section>
  )
}

function PersonRow({ contact, selected }: { contact: Contact; selected: boolean }) {
  const { w } = useI18n()
  const address = contact.identities.find((item) => !item.uri.startsWith('webchat:'))
  const name = contact.name || (address ? showAddress(address.uri) : w.common.unnamed)
  return (
    <a
      href={paths.person(contact.id)} className={classes.row} aria-current={selected ? 'true' : undefined}
      onClick={(event) => {
        event.preventDefault()
        go(paths.person(contact.id))
      }}
    >
      <Face name={name} size={32} />
      <span className={classes.text}>
        <bdi className={classes.name}>{name}</bdi>
        <bdi className={`address ${classes.address}`}>{address ? showAddress(address.uri) : w.context.visitor}</bdi>
      </span>
    </a>
  )
}
