import { Tooltip, UnstyledButton } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import type { KeyboardEvent } from 'react'
import { useRef, useState } from 'react'
import type { Conversation, Participant } from '../api/types'
import { useI18n } from '../i18n'
import { showAddress, toUri } from '../lib/address'
import type { Detail } from '../store/state'
import classes from './Recipients.module.css'
import type { Route } from './routes'
import { copiesOf } from './routes'

interface Props {
  conversation: Conversation
  detail: Detail
  route: Route
  to: string[] | null
  cc: string[] | null
  onChange: (to: string[] | null, cc: string[] | null) => void
}

/** To whom a mail goes, shown before sending; newcomers are marked. */
export function Recipients({ conversation, detail, route, to, cc, onChange }: Props) {
  const { w } = useI18n()
  const people = new Map(detail.participants.map((item) => [item.uri, item]))
  const shownTo = to ?? [route.option.to]
  const shownCc = cc ?? (route.first ? copiesOf(detail.participants, shownTo, conversation) : [])
  return (
    <div className={classes.lines}>
      <Line label={w.composer.to} uris={shownTo} people={people} least={1} onChange={(next) => onChange(next, shownCc)} />
      <Line label={w.composer.cc} uris={shownCc} people={people} least={0} onChange={(next) => onChange(to ?? shownTo, next)} />
    </div>
  )
}

interface LineProps {
  label: string
  uris: string[]
  people: Map<string, Participant>
  least: number
  onChange: (uris: string[]) => void
}

function Line({ label, uris, people, least, onChange }: LineProps) {
  const { w } = useI18n()
  const [typed, setTyped] = useState('')
  const box = useRef<HTMLInputElement>(null)
  function add(): void {
    const uri = toUri(typed)
    if (!uri?.startsWith('mailto:')) return
    if (!uris.includes(uri)) onChange([...uris, uri])
    setTyped('')
  }
  function onKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return
    if (event.code === 'Enter' || event.code === 'Comma' || event.code === 'Space') {
      event.preventDefault()
      add()
    } else if (event.code === 'Backspace' && !typed && uris.length > least) onChange(uris.slice(0, -1))
  }
  return (
    <div className={classes.line} onClick={(event) => event.target === event.currentTarget && box.current?.focus()}>
      <button type="button" tabIndex={-1} className={classes.label} onClick={() => box.current?.focus()}>{label}</button>
      {uris.map((uri) => (
        <Chip key={uri} uri={uri} person={people.get(uri)} onRemove={uris.length > least ? () => onChange(uris.filter((item) => item !== uri)) : null} />
      ))}
      <input
        ref={box} data-alone={uris.length === 0 || undefined} className={classes.input} type="email" dir="ltr" value={typed} aria-label={`${label}: ${w.composer.addAddress}`} placeholder={uris.length ? '' : w.composer.addAddress}
        onChange={(event) => setTyped(event.currentTarget.value)} onKeyDown={onKey} onBlur={add}
      />
    </div>
  )
}

function Chip({ uri, person, onRemove }: { uri: string; person: Participant | undefined; onRemove: (() => void) | null }) {
  const { w } = useI18n()
  const address = showAddress(uri)
  const isNew = person?.new ?? false
  return (
    <Tooltip label={isNew ? w.composer.newcomerHint : address}>
      <span className={classes.chip} data-new={isNew || undefined}>
        <bdi>{person?.name || address}</bdi>
        {isNew && <span className={classes.new}>{w.composer.newcomer}</span>}
        {onRemove && <UnstyledButton className={classes.remove} onClick={onRemove} aria-label={w.composer.removeAddress(address)}><IconX size={11} /></UnstyledButton>}
      </span>
    </Tooltip>
  )
}
