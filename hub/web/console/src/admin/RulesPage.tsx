import { Button, Loader, Modal, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { api } from '../api/calls'
import { ApiError } from '../api/http'
import type { FieldProblem, Id, Rules } from '../api/types'
import { useI18n } from '../i18n'
import { showDone, showProblem } from '../lib/problem'
import { can } from '../store/select'
import { useHub } from '../store/store'
import page from './AdminPage.module.css'
import { Editor } from './Editor'
import { changes } from './lineDiff'
import classes from './RulesPage.module.css'

/** Read, change, check and publish the rules as they are written: YAML, one row a rule. */
export function RulesPage({ entry: _entry }: { entry: Id | null }) {
  const { w, f } = useI18n()
  const [rules, setRules] = useState<Rules | null>(null)
  const [body, setBody] = useState('')
  const [asking, setAsking] = useState(false)
  const mayPublish = useHub((state) => can(state.me, 'rules'))
  const problems = useValidation(body, rules?.body ?? '', mayPublish)
  const changed = rules !== null && body !== rules.body

  const load = useCallback(() => {
    api.rules().then((found) => {
      setRules(found)
      setBody(found.body)
    }, (error: unknown) => showProblem(error, w))
  }, [w])
  useEffect(load, [load])

  if (!rules) return <div className={page.head}><Loader size="sm" /></div>
  return (
    <>
      <div className={page.head}>
        <div>
          <p className={page.intro}>{w.admin.rules.intro}</p>
          <p className={page.dim}>
            {w.admin.rules.version(f.number(rules.version))}
            {rules.published_at && <> · {w.admin.rules.published(personOf(rules.published_by), f.relative(rules.published_at))}</>}
            {rules.note && <> · <bdi>{rules.note}</bdi></>}
          </p>
        </div>
        {mayPublish && (
          <div className={classes.acts}>
            {changed && <Button size="xs" variant="subtle" color="gray" onClick={() => setBody(rules.body)}>{w.admin.rules.revert}</Button>}
            <Button size="xs" disabled={!changed || problems === null || problems.length > 0} onClick={() => setAsking(true)} data-testid="publish">{w.admin.rules.publish}</Button>
          </div>
        )}
      </div>
      <div className={classes.columns}>
        <Editor value={body} onChange={setBody} readOnly={!mayPublish} label={w.admin.rules.editor} marked={new Set(problems?.flatMap(lineOf))} />
        <Verdict problems={changed ? problems : []} changed={changed} />
      </div>
      {asking && <Publish before={rules.body} body={body} base={rules.version} onClose={() => setAsking(false)} onDone={load} />}
    </>
  )
}

/** Who published, if it was a person: `command` and `token:3` are no names to show. */
const personOf = (by: string | null): string => (!by || by === 'command' || /^\w+:\d+$/.test(by) ? '' : by)

/** `rules[2].when`, `line 12: …`: the line that a problem names, if any. */
function lineOf(problem: FieldProblem): number[] {
  const found = /\bline (\d+)/.exec(`${problem.field} ${problem.reason}`)
  return found ? [Number(found[1])] : []
}

/** null while it is being checked. */
function useValidation(body: string, published: string, active: boolean): FieldProblem[] | null {
  const [wanted] = useDebouncedValue(body, 450)
  const [answer, setAnswer] = useState<{ body: string; problems: FieldProblem[] }>({ body: '', problems: [] })
  useEffect(() => {
    if (!active || wanted === published) return
    let current = true
    const say = (problems: FieldProblem[]): void => {
      if (current) setAnswer({ body: wanted, problems })
    }
    api.validateRules(wanted).then(
      (found) => say(found.errors),
      (error: unknown) => {
        if (!(error instanceof ApiError)) return
        say(error.fields.length ? error.fields : [{ field: 'body', reason: error.message }])
      },
    )
    return () => {
      current = false
    }
  }, [wanted, published, active])
  return answer.body === body || body === published ? (body === published ? [] : answer.problems) : null
}

function Verdict({ problems, changed }: { problems: FieldProblem[] | null; changed: boolean }) {
  const { w, f } = useI18n()
  if (!changed) return <aside className={classes.verdict}><p className={page.dim}>{w.admin.rules.same}</p></aside>
  if (problems === null) return <aside className={classes.verdict}><Loader size="xs" /></aside>
  if (problems.length === 0) return <aside className={classes.verdict} role="status" data-testid="rules-valid"><p className={classes.good}>{w.admin.rules.valid}</p></aside>
  return (
    <aside className={classes.verdict} role="status" data-testid="rules-problems">
      <p className={classes.bad}>{w.admin.rules.invalid(problems.length, f.number(problems.length))}</p>
      <ul className={classes.problems}>
        {problems.map((problem) => <li key={`${problem.field} ${problem.reason}`}><code dir="ltr">{problem.field}</code><span dir="auto">{problem.reason}</span></li>)}
      </ul>
    </aside>
  )
}

function Publish({ before, body, base, onClose, onDone }: { before: string; body: string; base: number; onClose: () => void; onDone: () => void }) {
  const { w, f } = useI18n()
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const { added, removed, lines } = useMemo(() => changes(before, body), [before, body])
  async function publish(): Promise<void> {
    setBusy(true)
    try {
      const fresh = await api.publishRules(body, note.trim(), base)
      showDone(w.admin.rules.done(f.number(fresh.version)))
      onDone()
      onClose()
    } catch (error) {
      showProblem(error, w)
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} size="lg" title={w.admin.rules.publishing} closeButtonProps={{ 'aria-label': w.common.close }}>
      <p className={page.dim}>{w.admin.rules.changed(f.number(added), f.number(removed))}</p>
      <pre className={classes.diff} dir="ltr">
        {lines.map((line, index) => <span key={index} data-kind={line.kind}>{line.kind === 'added' ? '+ ' : '− '}{line.text}{'\n'}</span>)}
      </pre>
      <Textarea label={w.admin.rules.note} value={note} onChange={(event) => setNote(event.currentTarget.value)} autosize minRows={2} dir="auto" data-autofocus />
      <div className={classes.foot}>
        <Button variant="default" onClick={onClose}>{w.common.cancel}</Button>
        <Button loading={busy} onClick={() => void publish()} data-testid="publish-confirm">{w.admin.rules.publish}</Button>
      </div>
    </Modal>
  )
}
