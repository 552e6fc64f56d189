import { TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPencil, IconSearch } from '@tabler/icons-react'
import type { KeyboardEvent } from 'react'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Contact } from '../api/types'
import { useI18n } from '../i18n'
import { showAddress, toUri } from '../lib/address'
import { Face } from '../ui/Face'
import { nameOf } from '../ui/useName'
import { choose } from './starting'
import classes from './Start.module.css'

const MOST = 8

/** Whom the hub knows by what is typed; null until its answer to just that is there. */
function usePeople(typed: string): Contact[] | null {
  const query = typed.trim()
  const [wanted] = useDebouncedValue(query, 180)
  const [found, setFound] = useState<{ query: string; people: Contact[] } | null>(null)
  useEffect(() => {
    let current = true
    if (wanted.length >= 2) {
      const identity = toUri(wanted)
      const keep = (people: Contact[]): void => {
        if (current) setFound({ query: wanted, people })
      }
      api.findContacts({ ...(identity ? { identity } : { q: wanted }), limit: MOST }).then((page) => keep(page.items), () => keep([]))
    }
    return () => {
      current = false
    }
  }, [wanted])
  if (query.length < 2) return []
  return found?.query === query ? found.people : null
}

/** To whom: somebody we know by name, or any address. */
export function WhomFinder() {
  const { w } = useI18n()
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const people = usePeople(query)
  const uri = toUri(query)
  const known = (people ?? []).map((person) => ({
    key: `p${person.id}`, name: nameOf(person.name, w), fact: showAddress(person.identities[0]?.uri ?? ''),
    face: true, run: () => choose({ contact: person.id, name: nameOf(person.name, w) }),
  }))
  const fresh = uri && known.length === 0 && people !== null
    ? [{ key: 'new', name: w.start.newAddress(`\u2068${query.trim()}\u2069`), fact: '', face: false, run: () => choose({ uri }) }] : []
  const items = [...known, ...fresh]
  const chosen = Math.min(active, items.length - 1)

  function onKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.code]
    if (step !== undefined) setActive((chosen + step + items.length) % Math.max(1, items.length))
    else if (event.code === 'Enter' && items[chosen]) items[chosen].run()
    else return
    event.preventDefault()
  }

  return (
    <div className={classes.finder} onKeyDown={onKey}>
      <TextInput
        data-autofocus label={w.start.to} placeholder={w.start.toHint} value={query} dir={query ? 'auto' : undefined} leftSection={<IconSearch size={16} stroke={1.6} />}
        role="combobox" aria-expanded={items.length > 0} aria-controls="start-people" aria-activedescendant={items[chosen] ? `start-${items[chosen].key}` : undefined}
        onChange={(event) => {
          setQuery(event.currentTarget.value)
          setActive(0)
        }} data-testid="start-to"
      />
      <div className={classes.people} role="listbox" id="start-people" aria-label={w.start.people}>
        {items.map((item, index) => (
          <div key={item.key} id={`start-${item.key}`} role="option" aria-selected={index === chosen} className={classes.person} onPointerMove={() => setActive(index)} onClick={item.run} data-testid={`start-${item.key}`}>
            {item.face ? <Face name={item.name} size={28} /> : <span className={classes.pencil}><IconPencil size={16} stroke={1.6} /></span>}
            <span className={classes.who}>
              <bdi>{item.name}</bdi>
              {item.fact && item.fact !== item.name && <bdi className={`address ${classes.fact}`}>{item.fact}</bdi>}
            </span>
          </div>
        ))}
        {people !== null && items.length === 0 && query.trim().length > 1 && <p className={classes.none} role="status">{w.start.unknown}</p>}
      </div>
    </div>
  )
}
