import { UnstyledButton } from '@mantine/core'
import { IconArrowBackUp, IconX } from '@tabler/icons-react'
import type { Entry, Id } from '../api/types'
import { useI18n } from '../i18n'
import { useHub } from '../store/store'
import classes from './Answering.module.css'
import { change } from './drafts'

const MOST = 60

/** Which mail is answered, where it is not the last one; one click goes back to the last. */
export function Answering({ id, entry }: { id: Id; entry: Id }) {
  const { w } = useI18n()
  const found = useHub((state) => find(Object.values(state.timelines).flatMap((timeline) => timeline.items), entry))
  const words = found ? (found.text || found.subject).replace(/\s+/g, ' ').trim() : ''
  const short = words.length > MOST ? `${words.slice(0, MOST)}…` : words
  return (
    <div className={classes.line} data-testid="answering">
      <IconArrowBackUp size={14} className={classes.turned} aria-hidden />
      <bdi className={classes.words}>{w.replies.answering(short)}</bdi>
      <UnstyledButton className={classes.remove} aria-label={w.replies.answerLast} title={w.replies.answerLast} onClick={() => change(id, { answers: null, to: null, cc: null })}><IconX size={12} /></UnstyledButton>
    </div>
  )
}

const find = (items: Entry[], id: Id): Entry | undefined => items.find((item) => item.id === id)
