import { UnstyledButton } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { IconArrowUp } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import type { Id } from '../api/types'
import { useI18n } from '../i18n'
import { useKeys } from '../lib/keys'
import { usePrefs } from '../lib/prefs'
import { go, paths } from '../lib/router'
import type { ListFilter, ListItem } from '../store/select'
import { Empty } from '../ui/Empty'
import classes from './List.module.css'
import { ListEmpty } from './ListEmpty'
import { Row } from './Row'
import { useHeld, useListed, usePages } from './useListed'

const HEIGHTS = { comfortable: 79, compact: 56 }
const HEADING = 30

export function List({ filter, open }: { filter: ListFilter; open: Id | null }) {
  const { w, f } = useI18n()
  const { density } = usePrefs()
  const [over, setOver] = useState(false)
  const items = useListed(filter)
  const pages = usePages(filter)
  const resetKey = `${filter.view}/${filter.status}/${filter.queue}`
  const { shown, fresh, release } = useHeld(items, over, resetKey, open)
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (shown[index]?.kind === 'heading' ? HEADING : HEIGHTS[density]),
    getItemKey: (index) => keyOf(shown[index], index),
    overscan: 8,
  })
  useEffect(() => virtual.measure(), [density, virtual])
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 })
  }, [resetKey])
  const focused = useListKeys(shown, open, (index) => virtual.scrollToIndex(index))

  const rows = virtual.getVirtualItems()
  const lastShown = rows.at(-1)?.index ?? 0
  const { more, load } = pages
  useEffect(() => {
    if (more && lastShown >= shown.length - 5) load()
  }, [more, lastShown, shown.length, load])

  if (shown.length === 0 && fresh === 0) {
    return pages.busy ? <Empty title={w.common.loading} /> : <ListEmpty filter={filter} />
  }
  return (
    <div className={classes.frame} onPointerEnter={(event) => setOver(event.pointerType === 'mouse')} onPointerLeave={() => setOver(false)}>
      {fresh > 0 && (
        <UnstyledButton className={classes.fresh} onClick={release} data-testid="fresh-rows">
          <IconArrowUp size={14} aria-hidden /> {w.list.fresh(fresh, f.number(fresh))}
        </UnstyledButton>
      )}
      <div ref={scroller} className={classes.scroll} data-testid="conversation-list">
        <div role="list" className={classes.inner} style={{ blockSize: virtual.getTotalSize() }}>
          {rows.map((item) => {
            const entry = shown[item.index]
            if (!entry) return null
            return (
              <div key={item.key} role="listitem" className={classes.slot} style={{ blockSize: item.size, transform: `translateY(${item.start}px)` }}>
                <Item item={entry} open={open} focused={focused} compact={density === 'compact'} />
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

const keyOf = (item: ListItem | undefined, index: number): string =>
  item === undefined ? String(index) : item.kind === 'row' ? `r${item.id}` : `h${item.key}`

interface ItemProps {
  item: ListItem
  open: Id | null
  focused: Id | null
  compact: boolean
}

function Item({ item, open, focused, compact }: ItemProps) {
  const { w, f } = useI18n()
  if (item.kind === 'heading') {
    return <h2 className={classes.heading}>{w.list.headings[item.key]} <span className={classes.number}>{f.number(item.count)}</span></h2>
  }
  return <Row id={item.id} selected={open === item.id} focused={focused === item.id && open !== item.id} compact={compact} />
}

/** J/K and arrows move; with a conversation open they open the next one, else Enter does. */
function useListKeys(shown: ListItem[], open: Id | null, scrollTo: (index: number) => void): Id | null {
  const [focused, setFocused] = useState<Id | null>(null)
  const at = open ?? focused
  function move(step: number): void {
    const ids = shown.flatMap((item) => (item.kind === 'row' ? item.id : []))
    const index = at === null ? -1 : ids.indexOf(at)
    const id = ids[index < 0 && step < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, index + step))]
    if (id === undefined) return
    setFocused(id)
    scrollTo(shown.findIndex((item) => item.kind === 'row' && item.id === id))
    if (open !== null) go(paths.conversation(id), true)
  }
  const next = (): void => move(1)
  const previous = (): void => move(-1)
  useKeys({
    KeyJ: next, KeyK: previous, ArrowDown: next, ArrowUp: previous,
    ...(open === null && focused !== null ? { Enter: () => go(paths.conversation(focused)) } : {}),
  })
  return focused
}
