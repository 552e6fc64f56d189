import { Button, Modal, Textarea } from '@mantine/core'
import { useState } from 'react'
import { api } from '../../api/calls'
import { ApiError } from '../../api/http'
import type { Rules } from '../../api/types'
import { useI18n } from '../../i18n'
import { showDone, showProblem } from '../../lib/problem'
import page from '../AdminPage.module.css'
import { Diff } from './Diff'
import { personOf } from './personOf'
import classes from './RulesPage.module.css'

interface Props {
  /** What my rows were made from. */
  rules: Rules
  body: string
  onClose: () => void
  onStart: (rules: Rules, body?: string) => void
}

/** Put my rows into force, with a note; or see what a colleague published since. */
export function Publish({ rules, body, onClose, onStart }: Props) {
  const { w, f } = useI18n()
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const [theirs, setTheirs] = useState<Rules | null>(null)

  async function publish(base: number): Promise<void> {
    setBusy(true)
    try {
      const fresh = await api.publishRules(body, note.trim(), base)
      showDone(w.admin.rules.done(f.number(fresh.version)))
      onStart(fresh)
      onClose()
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) setTheirs(await api.rules())
      else showProblem(error, w)
      setBusy(false)
    }
  }
  if (theirs) return <Conflict rules={rules} theirs={theirs} body={body} busy={busy} onClose={onClose} onStart={onStart} onPublish={() => void publish(theirs.version)} />
  return (
    <Modal opened onClose={onClose} size="lg" title={w.admin.rules.publishing} closeButtonProps={{ 'aria-label': w.common.close }}>
      <Diff before={rules.body} after={body} />
      <Textarea label={w.admin.rules.note} value={note} onChange={(event) => setNote(event.currentTarget.value)} autosize minRows={2} dir="auto" data-autofocus />
      <div className={classes.foot}>
        <Button variant="default" onClick={onClose}>{w.common.cancel}</Button>
        <Button loading={busy} onClick={() => void publish(rules.version)} data-testid="publish-confirm">{w.admin.rules.publish}</Button>
      </div>
    </Modal>
  )
}

interface ConflictProps extends Props {
  theirs: Rules
  busy: boolean
  onPublish: () => void
}

/** Nothing is lost and nothing is overwritten unseen. */
function Conflict({ rules, theirs, body, busy, onClose, onStart, onPublish }: ConflictProps) {
  const { w, f } = useI18n()
  const c = w.rulesLab.conflict
  function start(mine: string): void {
    onStart(theirs, mine)
    onClose()
  }
  return (
    <Modal opened onClose={onClose} size="lg" title={c.title(f.number(theirs.version))} closeButtonProps={{ 'aria-label': w.common.close }}>
      <div data-testid="publish-conflict">
        <p className={classes.said}>{c.help}</p>
        <p className={page.dim}><bdi>{personOf(theirs.published_by)}</bdi> {theirs.note && <bdi>«{theirs.note}»</bdi>}</p>
        <Diff before={rules.body} after={theirs.body} />
        <div className={classes.foot}>
          <Button variant="subtle" color="gray" onClick={() => start(theirs.body)} data-testid="conflict-theirs">{c.theirs}</Button>
          <Button variant="default" onClick={() => start(body)} data-testid="conflict-keep">{c.keep}</Button>
          <Button loading={busy} onClick={onPublish} data-testid="conflict-over">{c.over}</Button>
        </div>
      </div>
    </Modal>
  )
}
