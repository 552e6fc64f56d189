import { Modal, TextInput } from '@mantine/core'
import { IconArrowRight, IconLock, IconSearch } from '@tabler/icons-react'
import type { KeyboardEvent, ReactNode } from 'react'
import { useMemo, useState } from 'react'
import type { Hit } from '../api/personTypes'
import type { Me } from '../api/types'
import { useI18n } from '../i18n'
import type { Words } from '../i18n/en'
import { go, paths } from '../lib/router'
import { useFind } from '../persons/useFind'
import { can, isStaff } from '../store/select'
import { useHub } from '../store/store'
import { ChannelIcon } from '../ui/ChannelIcon'
import { Face } from '../ui/Face'
import { nameOf } from '../ui/useName'
import classes from './Palette.module.css'

interface Item {
  key: string
  group: string
  label: string
  hint?: string
  code?: string | undefined
  icon: ReactNode
  run: () => void
}

interface Props {
  opened: boolean
  onClose: () => void
  onSettings: () => void
  onKeys: () => void
}

const MOST = 6
const SOME = 3
const includes = (text: string | null | undefined, query: string): boolean => !!text?.toLocaleLowerCase().includes(query)

/** Ctrl/Cmd K: people, matters and actions by whatever they are called. */
export function Palette(props: Props) {
  const { w } = useI18n()
  return (
    <Modal opened={props.opened} onClose={props.onClose} withCloseButton={false} padding={0} size="lg" yOffset="12vh" centered={false} title={w.palette.title} classNames={{ header: 'hidden-text' }}>
      <Finder {...props} />
    </Modal>
  )
}

function useItems(query: string, props: Props): Item[] {
  const { w } = useI18n()
  const conversations = useHub((state) => state.conversations)
  const me = useHub((state) => state.me)
  const moves = useHub((state) => can(state.me, 'move'))
  const hits = useFind(query, MOST)
  return useMemo(() => {
    const lower = query.trim().toLocaleLowerCase()
    const action = (label: string, run: () => void): Item => ({ key: label, group: w.palette.actions, label, icon: <IconArrowRight size={16} stroke={1.6} className="turns" />, run })
    const actions = [
      action(w.rail.inbox, () => go(paths.inbox)), action(w.rail.people, () => go(paths.people)),
      ...(moves ? [action(w.railBoard, () => go(paths.board))] : []),
      ...adminPages(me, w).map(([tab, label]) => ({ ...action(label, () => go(paths.admin(tab))), key: `admin-${tab}`, hint: w.admin.title })),
      action(w.presence.settings, props.onSettings), action(w.presence.shortcuts, props.onKeys),
    ].filter((item) => includes(item.label, lower))
    const coded = (hits ?? []).filter((hit) => hit.by === 'code')
    const known = new Set(coded.map((hit) => hit.conversation?.id))
    const open = Object.values(conversations)
      .filter((item) => !known.has(item.id) && (includes(item.contact.name, lower) || includes(item.subject, lower) || includes(item.last_text, lower)))
      .slice(0, lower && hits ? SOME : MOST)
    for (const item of open) known.add(item.id)
    const matters = open.map((item): Item => ({
      key: `c${item.id}`, group: w.palette.conversations, label: nameOf(item.contact.name, w), hint: item.subject || item.last_text || '',
      icon: <ChannelIcon kind={item.channel.kind} size={16} />, run: () => go(paths.conversation(item.id)),
    }))
    const more = (hits ?? []).filter((hit) => hit.by !== 'code' && !known.has(hit.conversation?.id))
    const named = [...matters, ...more.filter((hit) => hit.kind !== 'person').map((hit) => itemOf(hit, w))]
    const people = more.filter((hit) => hit.kind === 'person').map((hit) => itemOf(hit, w))
    return lower ? [...coded.map((hit) => itemOf(hit, w)), ...named, ...people, ...actions] : [...actions, ...matters]
  }, [query, conversations, hits, moves, me, w, props.onSettings, props.onKeys])
}

/** Whatever of the administration somebody may open. */
function adminPages(me: Me | null, w: Words): [tab: string, label: string][] {
  if (!isStaff(me)) return []
  return [
    ...(can(me, 'ledger') ? [['health', w.health.tab], ['ledger', w.admin.tabs.ledger]] satisfies [string, string][] : []),
    ...(can(me, 'trace') ? [['trace', w.trace.tab]] satisfies [string, string][] : []),
    ['rules', w.admin.tabs.rules], ['templates', w.templates.tab], ['calendars', w.calendars.tab],
    ...(can(me, 'users') ? [['users', w.users.tab]] satisfies [string, string][] : []),
    ...(can(me, 'audit') ? [['audit', w.audit.tab]] satisfies [string, string][] : []),
  ]
}

/** A person, a matter, or that another team has one. */
function itemOf(hit: Hit, w: Words): Item {
  const { contact, conversation } = hit
  if (conversation && contact) {
    return {
      key: `f${conversation.id}`, group: w.palette.conversations, label: nameOf(contact.name, w), hint: conversation.subject || hit.address,
      code: hit.by === 'code' ? conversation.code : undefined,
      icon: <ChannelIcon kind={conversation.channel.kind} size={16} />, run: () => go(paths.conversation(conversation.id)),
    }
  }
  if (!contact) return { key: 'fhidden', group: w.palette.conversations, label: w.find.hidden, icon: <IconLock size={16} stroke={1.6} />, run: () => undefined }
  const name = nameOf(contact.name, w)
  return {
    key: `p${contact.id}`, group: w.palette.people, label: name, hint: hit.address === contact.name ? '' : hit.address,
    icon: <Face name={contact.name} size={20} />, run: () => go(paths.person(contact.id)),
  }
}

function Finder(props: Props) {
  const { w } = useI18n()
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const items = useItems(query, props)
  const chosen = Math.min(active, items.length - 1)

  function run(item: Item): void {
    props.onClose()
    item.run()
  }
  function onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.code]
    if (step !== undefined) setActive((chosen + step + items.length) % Math.max(1, items.length))
    else if (event.code === 'Enter' && !event.nativeEvent.isComposing && items[chosen]) run(items[chosen])
    else return
    event.preventDefault()
  }

  return (
    <div onKeyDown={onKey}>
      <TextInput
        variant="unstyled" size="md" className={classes.input} leftSection={<IconSearch size={18} stroke={1.6} />} data-autofocus dir={query ? 'auto' : undefined}
        placeholder={w.find.hint} aria-label={w.palette.find} value={query} role="combobox" aria-expanded aria-controls="palette-list"
        aria-activedescendant={items[chosen] ? `palette-${items[chosen].key}` : undefined}
        onChange={(event) => {
          setQuery(event.currentTarget.value)
          setActive(0)
        }}
      />
      <div className={classes.list} role="listbox" id="palette-list" aria-label={w.palette.title}>
        {items.length === 0 && <div className={classes.none}>{w.palette.none}</div>}
        {items.map((item, index) => (
          <div key={item.key}>
            {items[index - 1]?.group !== item.group && <div className={classes.group} role="presentation">{item.group}</div>}
            <div
              id={`palette-${item.key}`} role="option" aria-selected={index === chosen} className={classes.item}
              onPointerMove={() => setActive(index)} onClick={() => run(item)}
            >
              {item.icon}
              <bdi className={classes.name}>{item.label}</bdi>
              {item.code && <span className={classes.code} dir="ltr">{item.code}</span>}
              {item.hint && <span className={classes.hint} dir="auto">{item.hint}</span>}
            </div>
          </div>
        ))}
      </div>
    </div>
  )
}
