import { Button, Loader, Modal } from '@mantine/core'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { WhyLine } from '../api/repliesTypes'
import type { Id } from '../api/types'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { paths } from '../lib/router'
import { PlainLink } from '../ui/PlainLink'
import { undoMove } from './actions'
import classes from './WhyDialog.module.css'
import { whyText } from './whyText'

interface Props {
  entry: Id | null
  mayUndo: boolean
  onClose: () => void
}

/** Why an entry is where it is: the evidence, and what people did, with the way back. */
export function WhyDialog({ entry, mayUndo, onClose }: Props) {
  const { w } = useI18n()
  return (
    <Modal opened={entry !== null} onClose={onClose} title={w.replies.why.title} size="md" closeButtonProps={{ 'aria-label': w.common.close }}>
      {entry !== null && <Reasons entry={entry} mayUndo={mayUndo} onClose={onClose} />}
    </Modal>
  )
}

function Reasons({ entry, mayUndo, onClose }: { entry: Id; mayUndo: boolean; onClose: () => void }) {
  const { w } = useI18n()
  const [lines, setLines] = useState<WhyLine[] | null>(null)
  useEffect(() => {
    api.whyHere(entry).then(({ lines: found }) => setLines(found), (error: unknown) => {
      showProblem(error, w)
      onClose()
    })
  }, [entry, onClose, w])
  if (!lines) return <Loader size="sm" aria-label={w.replies.why.title} />
  return (
    <ul className={classes.lines} data-testid="why-lines">
      {lines.map((line, index) => <Reason key={`${line.code}${index}`} line={line} mayUndo={mayUndo} onDone={onClose} />)}
    </ul>
  )
}

function Reason({ line, mayUndo, onDone }: { line: WhyLine; mayUndo: boolean; onDone: () => void }) {
  const i18n = useI18n()
  const { w } = i18n
  const { main, more } = whyText(line, i18n)
  const { undo, follows, source } = line.facts
  const there = line.code === 'moved' ? (line.facts.undone ? undefined : source) : follows
  return (
    <li className={classes.line} data-code={line.code}>
      <div>{main}</div>
      {more && <div className={classes.more}>{more}</div>}
      {(there !== undefined || (mayUndo && undo !== undefined)) && (
        <div className={classes.acts}>
          {there !== undefined && <PlainLink to={paths.conversation(there)} className={classes.link}>{w.replies.why.openThat}</PlainLink>}
          {mayUndo && undo !== undefined && (
            <Button size="compact-xs" variant="light" data-testid="undo-move" onClick={() => void undoMove(undo, w).then((done) => done && onDone())}>{w.replies.why.undo}</Button>
          )}
        </div>
      )}
    </li>
  )
}
