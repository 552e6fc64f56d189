import { Button, Modal, Textarea } from '@mantine/core'
import { useState } from 'react'
import { api } from '../../api/calls'
import type { Rules } from '../../api/types'
import { useI18n } from '../../i18n'
import { showDone, showProblem } from '../../lib/problem'
import page from '../AdminPage.module.css'
import { Diff } from './Diff'
import classes from './RulesPage.module.css'

interface Props {
  live: Rules
  to: Rules
  onClose: () => void
  onDone: (rules: Rules) => void
}

/** An old version becomes a new one. */
export function RollBack({ live, to, onClose, onDone }: Props) {
  const { w, f } = useI18n()
  const h = w.rulesLab.history
  const [note, setNote] = useState(h.backNote(f.number(to.version)))
  const [busy, setBusy] = useState(false)
  async function run(): Promise<void> {
    setBusy(true)
    try {
      const fresh = await api.rollBack(to.version, note.trim())
      showDone(w.admin.rules.done(f.number(fresh.version)))
      onDone(fresh)
      onClose()
    } catch (error) {
      showProblem(error, w)
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} size="lg" title={h.backTo(f.number(to.version))} closeButtonProps={{ 'aria-label': w.common.close }}>
      <p className={page.dim}>{h.backHelp}</p>
      <Diff before={live.body} after={to.body} />
      <Textarea label={w.admin.rules.note} value={note} onChange={(event) => setNote(event.currentTarget.value)} autosize minRows={1} dir="auto" />
      <div className={classes.foot}>
        <Button variant="default" onClick={onClose} data-autofocus>{w.common.cancel}</Button>
        <Button loading={busy} onClick={() => void run()} data-testid="back-confirm">{h.back}</Button>
      </div>
    </Modal>
  )
}
