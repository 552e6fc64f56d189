import {
  IconArrowDownLeft, IconArrowUpRight, IconChecks, IconCopy, IconFileCheck, IconHandStop, IconInfoCircle, IconNote, IconRobot,
  IconSend, IconShieldCheck, IconSitemap, IconStack2, IconUserCheck,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import type { TraceLine } from '../../api/healthTypes'
import { useI18n } from '../../i18n'
import classes from './Trace.module.css'
import { Steps } from './Steps'
import { toneOf } from './tone'

const ICONS: Record<string, ComponentType<{ size?: number; stroke?: number }>> = {
  arrived: IconArrowDownLeft, again: IconCopy, signature: IconShieldCheck, outcome: IconInfoCircle, filed: IconFileCheck, rule: IconSitemap,
  turn: IconStack2, offer: IconHandStop, assigned: IconUserCheck, automatic: IconRobot, written: IconArrowUpRight, attempt: IconSend,
  delivery: IconInfoCircle, receipt: IconChecks, note: IconNote,
}
/** Shown under the words at once: what somebody copies out of a trace. */
const PLAIN = ['provider_id', 'message_id', 'address', 'url']
/** Said in the words already. */
const SAID = ['result', 'reason', 'state', 'outcome', 'how', 'verified', 'evidence', 'rule']

/** The way in order of time, a day at a time. */
export function Lines({ lines }: { lines: TraceLine[] }) {
  const { f } = useI18n()
  const days = new Map<string, TraceLine[]>()
  for (const line of lines) {
    const key = f.dayKey(line.at)
    days.set(key, [...(days.get(key) ?? []), line])
  }
  return (
    <>
      {[...days].map(([key, found]) => (
        <section key={key}>
          <h3 className={classes.day}>{f.day(found[0]!.at)}</h3>
          <ol className={classes.lines}>{found.map((line, place) => <Line key={place} line={line} />)}</ol>
        </section>
      ))}
    </>
  )
}

function Line({ line }: { line: TraceLine }) {
  const { w, f } = useI18n()
  const Icon = ICONS[line.what] ?? IconInfoCircle
  const plain = PLAIN.filter((name) => line.data[name])
  const rest = Object.entries(line.data).filter(([name, value]) => !PLAIN.includes(name) && !SAID.includes(name) && value !== null && value !== '')
  const more = line.more[f.language] ?? []
  return (
    <li className={classes.line} data-what={line.what} data-tone={toneOf(line)} data-asked={line.asked || undefined} data-testid={`trace-${line.what}`}>
      <time className={classes.at} dateTime={line.at} title={f.exact(line.at)}>{f.timeSeconds(line.at)}</time>
      <span className={classes.icon} aria-hidden><Icon size={16} stroke={1.6} /></span>
      <div className={classes.told}>
        <div>{line.words[f.language]}</div>
        {plain.map((name) => <div key={name} className={classes.plain}>{w.trace.fields[name]}: <bdi dir="ltr" className={classes.value}>{String(line.data[name])}</bdi></div>)}
        {(more.length > 0 || rest.length > 0) && (
          <details>
            <summary className={classes.summary}>{more.length > 0 ? w.trace.why : w.trace.details}</summary>
            {more.map((sentence, place) => <div key={place} className={classes.why}>{sentence}</div>)}
            {rest.map(([name, value]) => <div key={name} className={classes.plain}>{w.trace.fields[name] ?? name}: <bdi dir="ltr" className={classes.value}>{String(value)}</bdi></div>)}
          </details>
        )}
        {line.steps.length > 0 && <Steps steps={line.steps} />}
      </div>
    </li>
  )
}
