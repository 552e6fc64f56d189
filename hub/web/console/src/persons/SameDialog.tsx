import { Button, Modal, TextInput } from '@mantine/core'
import { IconArrowsJoin2, IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { api } from '../api/calls'
import type { Hit } from '../api/personTypes'
import type { Contact, Ref } from '../api/types'
import { useI18n } from '../i18n'
import { showAddress } from '../lib/address'
import { Face } from '../ui/Face'
import { nameOf } from '../ui/useName'
import classes from './SameDialog.module.css'
import { useAct } from './useAct'
import type { Undo } from './useAct'
import { useFind } from './useFind'

interface Props {
  opened: boolean
  contact: Contact
  onClose: () => void
}

interface Other extends Ref {
  address: string
}

const MOST = 6

/** Two contacts side by side, how it is known, and that it can be taken back. */
export function SameDialog({ opened, contact, onClose }: Props) {
  const { w } = useI18n()
  return (
    <Modal opened={opened} onClose={onClose} title={w.same.title} closeButtonProps={{ 'aria-label': w.common.close }}>
      {opened && <Chooser contact={contact} onClose={onClose} />}
    </Modal>
  )
}

function Chooser({ contact, onClose }: Omit<Props, 'opened'>) {
  const { w } = useI18n()
  const [query, setQuery] = useState('')
  const [other, setOther] = useState<Other | null>(null)
  const hits = useFind(query, MOST)
  if (other) return <Sure contact={contact} other={other} onBack={() => setOther(null)} onClose={onClose} />
  const others = peopleOf(hits ?? []).filter((one) => one.id !== contact.id)
  return (
    <>
      <TextInput
        data-autofocus label={w.same.lead} placeholder={w.same.find} leftSection={<IconSearch size={16} stroke={1.6} />} value={query} dir={query ? 'auto' : undefined}
        onChange={(event) => setQuery(event.currentTarget.value)} data-testid="same-find"
      />
      <ul className={classes.list}>
        {others.map((one) => (
          <li key={one.id}>
            <button type="button" className={classes.row} onClick={() => setOther(one)} data-testid={`same-${one.id}`}><Someone one={one} /></button>
          </li>
        ))}
      </ul>
      <p className={classes.none} role="status">{hits !== null && others.length === 0 ? w.same.none : ''}</p>
    </>
  )
}

/** People, and whoever a tracking code or a subject leads to. */
function peopleOf(hits: readonly Hit[]): Other[] {
  const found = new Map<number, Other>()
  for (const { contact, address } of hits) {
    if (contact && !found.has(contact.id)) found.set(contact.id, { ...contact, address })
  }
  return [...found.values()]
}

function Sure({ contact, other, onBack, onClose }: { contact: Contact; other: Other; onBack: () => void; onClose: () => void }) {
  const { w } = useI18n()
  const [words, setWords] = useState('')
  const { busy, run } = useAct()
  const here = { id: contact.id, name: contact.name, address: firstOf(contact) }

  async function join(): Promise<void> {
    const takeBack: Undo = ({ links = [] }) => {
      const made = links.at(-1)
      return made && { label: w.same.takeBack, run: () => void run(() => api.part(made.contact.id), w.same.parted) }
    }
    if (await run(() => api.samePerson(contact.id, other.id, words.trim()), w.same.joined, takeBack)) onClose()
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void join()
      }}
    >
      <div className={classes.both}>
        <div className={classes.card} aria-label={w.same.one}><Someone one={here} /></div>
        <IconArrowsJoin2 size={20} stroke={1.5} className={classes.join} aria-hidden />
        <div className={classes.card} aria-label={w.same.other}><Someone one={other} /></div>
      </div>
      <TextInput data-autofocus dir="auto" label={w.same.how} placeholder={w.same.howHint} maxLength={500} value={words} onChange={(event) => setWords(event.currentTarget.value)} data-testid="same-words" />
      <p className={classes.effect}>{w.same.effect}</p>
      <div className={classes.foot}>
        <Button variant="default" onClick={onBack}>{w.common.back}</Button>
        <Button type="submit" loading={busy} data-testid="join">{w.same.join}</Button>
      </div>
    </form>
  )
}

function firstOf(contact: Contact): string {
  const shown = contact.identities.find((one) => !one.uri.startsWith('webchat:'))
  return shown ? showAddress(shown.uri) : ''
}

function Someone({ one }: { one: Other }) {
  const { w } = useI18n()
  const name = nameOf(one.name, w)
  return (
    <>
      <Face name={one.name} size={32} />
      <span className={classes.text}>
        <bdi className={classes.name}>{name}</bdi>
        <bdi className={`address ${classes.address}`}>{one.address || w.context.visitor}</bdi>
      </span>
    </>
  )
}
