import { Button, Loader, SegmentedControl } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import type { Id, Rules } from '../../api/types'
import { useI18n } from '../../i18n'
import { can } from '../../store/select'
import { useHub } from '../../store/store'
import page from '../AdminPage.module.css'
import { LookBack } from './LookBack'
import { personOf } from './personOf'
import { Publish } from './Publish'
import classes from './RulesPage.module.css'
import { TryPanel } from './TryPanel'
import { useRules, useRuleSchema, useValidation } from './useRules'
import { Verdict } from './Verdict'
import { Versions } from './Versions'

const Editor = lazy(() => import('./Editor'))
const PANELS = ['try', 'lookBack', 'versions'] as const
type Panel = (typeof PANELS)[number]

/** Read, change, check, try and publish the rules as they are written: YAML, one row a rule. `entry`: a message to try. */
export function RulesPage({ entry }: { entry: Id | null }) {
  const { w } = useI18n()
  const state = useRules()
  const schema = useRuleSchema()
  const mayPublish = useHub((hub) => can(hub.me, 'rules'))
  const problems = useValidation(state?.body ?? '', state?.rules.body ?? '', mayPublish)
  const [asking, setAsking] = useState(false)
  const [jump, setJump] = useState<{ line: number } | null>(null)
  if (!state) return <div className={page.head}><Loader size="sm" /></div>
  const { rules, body, setBody, startFrom } = state
  const changed = body !== rules.body
  return (
    <>
      <div className={page.head}>
        <Facts rules={rules} />
        {mayPublish && (
          <div className={classes.acts}>
            {changed && <Button size="xs" variant="subtle" color="gray" onClick={() => setBody(rules.body)} data-testid="revert">{w.admin.rules.revert}</Button>}
            <Button size="xs" disabled={!changed || problems === null || problems.length > 0} onClick={() => setAsking(true)} data-testid="publish">{w.admin.rules.publish}</Button>
          </div>
        )}
      </div>
      <div className={classes.columns}>
        <div className={classes.write}>
          <Suspense fallback={<div className={classes.loading}>{w.rulesLab.loadingEditor}</div>}>
            <Editor value={body} onChange={setBody} readOnly={!mayPublish} label={w.admin.rules.editor} schema={schema} problems={problems ?? []} jump={jump} />
          </Suspense>
          <Verdict problems={problems} changed={changed} onJump={(line) => setJump({ line })} />
        </div>
        {mayPublish && <Beside state={{ rules, body, startFrom }} entry={entry} schema={schema} />}
      </div>
      {asking && <Publish rules={rules} body={body} onClose={() => setAsking(false)} onStart={startFrom} />}
    </>
  )
}

function Facts({ rules }: { rules: Rules }) {
  const { w, f } = useI18n()
  return (
    <div>
      <p className={page.intro}>{w.admin.rules.intro}</p>
      <p className={page.dim}>
        {w.admin.rules.version(f.number(rules.version))}
        {rules.published_at && <>{w.between}<bdi>{w.admin.rules.published(personOf(rules.published_by), f.relative(rules.published_at))}</bdi></>}
        {rules.note && <>{w.between}<bdi>{rules.note}</bdi></>}
      </p>
    </div>
  )
}

interface BesideProps {
  state: { rules: Rules; body: string; startFrom: (rules: Rules, body?: string) => void }
  entry: Id | null
  schema: ReturnType<typeof useRuleSchema>
}

/** What would happen, beside what is written. All three stay as they are while another is looked at. */
function Beside({ state, entry, schema }: BesideProps) {
  const { w } = useI18n()
  const [panel, setPanel] = useState<Panel>('try')
  const { rules, body, startFrom } = state
  const shown = (name: Panel): { hidden: boolean } => ({ hidden: panel !== name })
  return (
    <section className={classes.beside} aria-label={w.rulesLab.panel}>
      <SegmentedControl
        fullWidth size="xs" aria-label={w.rulesLab.panel} value={panel} onChange={(value) => setPanel(value as Panel)}
        data={PANELS.map((name) => ({ value: name, label: <span data-testid={`panel-${name}`}>{w.rulesLab[name]}</span> }))}
      />
      <div className={classes.panel}>
        <div {...shown('try')}><TryPanel body={body} entry={entry} schema={schema} /></div>
        <div {...shown('lookBack')}><LookBack body={body} /></div>
        <div {...shown('versions')}>{panel === 'versions' && <Versions rules={rules} body={body} onStart={startFrom} />}</div>
      </div>
    </section>
  )
}
