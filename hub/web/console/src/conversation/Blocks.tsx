import { useMemo } from 'react'
import type { Entry, Id } from '../api/types'
import { useI18n } from '../i18n'
import { go, paths } from '../lib/router'
import { useHub } from '../store/store'
import classes from './Blocks.module.css'
import { toBlocks } from './toBlocks'
import type { Block } from './toBlocks'
import { Bubble } from './Bubble'
import { Card } from './Card'
import { Lines } from './Lines'
import { Note } from './Note'

interface Props {
  entries: readonly Entry[]
  /** The conversation in whose light the timeline is read; null for a person's whole timeline. */
  current: Id | null
  matters: boolean
}

export function Blocks({ entries, current, matters }: Props) {
  const { f } = useI18n()
  const blocks = useMemo(() => toBlocks(entries, { dayOf: (at) => f.dayKey(at), matters }), [entries, matters, f])
  return blocks.map((block) => <Drawn key={block.key} block={block} current={current} />)
}

function Drawn({ block, current }: { block: Block; current: Id | null }) {
  const { f } = useI18n()
  switch (block.kind) {
    case 'day':
      return <h3 className={classes.day}><span>{f.dayName(block.at)}</span></h3>
    case 'matter':
      return <Matter id={block.conversation} current={current} />
    case 'bubble':
      return <Bubble entry={block.entry} first={block.first} last={block.last} faded={current !== null && block.entry.conversation !== current} />
    case 'note':
      return <Note entry={block.entry} />
    case 'card':
      return <Card entry={block.entry} />
    case 'lines':
      return <Lines entries={block.entries} />
  }
}

/** Where another matter begins, so that one person's threads are told apart. */
function Matter({ id, current }: { id: Id | null; current: Id | null }) {
  const { w } = useI18n()
  const conversation = useHub((state) => (id === null ? undefined : state.conversations[id]))
  if (id === null) return null
  if (id === current) return <div className={classes.matter} data-current><span>{w.conversation.thisMatter}</span></div>
  const label = conversation?.subject || conversation?.channel.name || `#${id}`
  return (
    <div className={classes.matter}>
      <a
        href={paths.conversation(id)}
        onClick={(event) => {
          event.preventDefault()
          go(paths.conversation(id))
        }}
      >
        <bdi>{current === null ? label : w.conversation.matter(label)}</bdi>
      </a>
    </div>
  )
}
