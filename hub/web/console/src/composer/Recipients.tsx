import { Tooltip, UnstyledButton } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import type { KeyboardEvent } from 'react'
import { useRef, useState } from 'react'
import type { Recipient, Recipients as Addressed } from '../api/repliesTypes'
import { useI18n } from '../i18n'
import { showAddress, toUri } from '../lib/address'
import type { Detail } from '../store/state'
import { addressed } from './addressed'
import classes from './Recipients.module.css'
import type { Route } from './routes'

interface Props {
  conversation: number
  detail: Detail
  route: Route
  to: string[] | null
  cc: string[] | null
  /** Of the mail that the agent chose to answer; null: of the last one. */
  chosen: Addressed | null
  onChange: (to: string[] | null, cc: string[] | null) => void
}

/** To whom a mail goes, shown before sending; newcomers are marked, and who is left out and why. */
export function Recipients({ conversation, detail, route, to, cc, chosen, onChange }: Props) {
  const { w } = useI18n()
  const shown = addressed(conversation, route, chosen)
  const shownTo = to ?? shown?.to.map((one) => one.uri) ?? []
  const people = peopleOf(detail, shown)
  const uris = shownTo.length ? shownTo : [route.option.to]
  const shownCc = cc ?? shown?.cc.map((one) => one.uri) ?? []
  const beside = (shown?.left_out ?? []).filter((one) => !uris.includes(one.uri) && !shownCc.includes(one.uri))
  function add(one: Recipient): void {
    if (one.why === 'sender') onChange([...uris, one.uri], shownCc)
    else onChange(uris, [...shownCc, one.uri])
  }
  return (
    <div className={classes.lines} data-testid="recipients">
      <Line label={w.composer.to} uris={uris} people={people} least={1} onChange={(next) => onChange(next, shownCc)} />
      <Line label={w.composer.cc} uris={shownCc} people={people} least={0} onChange={(next) => onChange(uris, next)} />
      {beside.length > 0 && (
        <div className={classes.line} data-testid="left-out">
          <span className={classes.label}>{w.replies.leftOut}</span>
          {beside.map((one) => <LeftOut key={one.uri} one={one} onAdd={() => add(one)} />)}
        </div>
      )}
      {beside.some((one) => one.why === 'blind') && <div className={classes.blind}>{w.replies.blind}</div>}
    </div>
  )
}

/** Everybody who is known here, by address; who takes part already is not new. */
function peopleOf(detail: Detail, shown: Addressed | null): Map<string, Recipient> {
  const known = new Map<string, Recipient>(detail.participants.map(({ uri, name }) => [uri, { uri, name, new: false, why: '' }]))
  for (const one of [...(shown?.left_out ?? []), ...(shown?.cc ?? []), ...(shown?.to ?? [])]) known.set(one.uri, one)
  return known
}

interface LineProps {
  label: string
  uris: string[]
  people: Map<string, Recipient>
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

function Chip({ uri, person, onRemove }: { uri: string; person: Recipient | undefined; onRemove: (() => void) | null }) {
  const { w } = useI18n()
  const address = showAddress(uri)
  const isNew = person?.new ?? true
  const elsewhere = person?.why === 'reply_to'
  const hint = elsewhere ? w.replies.replyToHint(address) : isNew ? `${address}${w.between}${w.composer.newcomerHint}` : address
  return (
    <Tooltip label={hint} multiline maw={320}>
      <span className={classes.chip} data-new={isNew || undefined} data-testid={`chip-${address}`}>
        <bdi>{person?.name || address}</bdi>
        {elsewhere && <span className={classes.mark}>{w.replies.replyAddress}</span>}
        {isNew && <span className={classes.new}>{w.composer.newcomer}</span>}
        {onRemove && <UnstyledButton className={classes.remove} onClick={onRemove} aria-label={w.composer.removeAddress(address)}><IconX size={11} /></UnstyledButton>}
      </span>
    </Tooltip>
  )
}

/** Somebody of the mail who is not written to: one click adds them, where that is allowed. */
function LeftOut({ one, onAdd }: { one: Recipient; onAdd: () => void }) {
  const { w } = useI18n()
  const address = showAddress(one.uri)
  const closed = one.why === 'opted_out' || one.why === 'blocked'
  const why = one.why === '' || one.why === 'reply_to' ? '' : w.replies.leftOutWhy[one.why]
  return (
    <Tooltip label={`${address}${w.between}${why}`} multiline maw={320}>
      <UnstyledButton className={classes.out} aria-disabled={closed || undefined} onClick={() => !closed && onAdd()} aria-label={closed ? `${address}: ${why}` : w.replies.addBack(address)} data-testid={`out-${address}`}>
        <bdi>{one.name || address}</bdi>
        {!closed && <IconPlus size={11} aria-hidden />}
      </UnstyledButton>
    </Tooltip>
  )
}
