import { Loader, UnstyledButton } from '@mantine/core'
import { useI18n } from '../../i18n'
import { Kbd } from '../../ui/Kbd'
import page from '../AdminPage.module.css'
import type { Problem } from './problems'
import classes from './RulesPage.module.css'

interface Props {
  /** null while they are being looked for. */
  problems: readonly Problem[] | null
  changed: boolean
  onJump: (line: number) => void
}

/** Under the editor: whether these rows could be published, else what is wrong and where. */
export function Verdict({ problems, changed, onJump }: Props) {
  const { w, f } = useI18n()
  if (!changed) return <div className={classes.verdict}><span className={page.dim}>{w.admin.rules.same}</span> <Keys /></div>
  if (problems === null) return <div className={classes.verdict}><Loader size={14} aria-label={w.common.loading} /></div>
  if (problems.length === 0) {
    return (
      <div className={classes.verdict} role="status" data-testid="rules-valid">
        <span className={classes.good}>{w.admin.rules.valid}</span> <span className={page.dim}>{w.rulesLab.kept}</span>
      </div>
    )
  }
  return (
    <div className={classes.verdict} role="status" data-testid="rules-problems">
      <p className={classes.bad}>{w.admin.rules.invalid(problems.length, f.number(problems.length))}</p>
      <ul className={classes.problems}>
        {problems.map((problem) => (
          <li key={`${problem.field} ${problem.reason} ${problem.line}`}>
            <div className={classes.where}>
              {problem.line !== null && <Line line={problem.line} onJump={onJump} />}
              <code dir="ltr">{problem.field}</code>
            </div>
            <span dir="auto">{problem.reason}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** How to complete, and how to leave without a mouse. */
function Keys() {
  const { w } = useI18n()
  return (
    <span className={classes.keys}>
      <span><Kbd keys={['Ctrl', 'Space']} /> {w.rulesLab.completes}</span>
      <span><Kbd keys={['Esc', 'Tab']} /> {w.rulesLab.leaves}</span>
    </span>
  )
}

function Line({ line, onJump }: { line: number; onJump: (line: number) => void }) {
  const { w, f } = useI18n()
  return <UnstyledButton className={classes.jump} title={w.rulesLab.jump(f.number(line))} onClick={() => onJump(line)}>{w.admin.rules.line(f.number(line))}</UnstyledButton>
}
