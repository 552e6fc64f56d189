import { Button, TextInput } from '@mantine/core'
import { IconRoute } from '@tabler/icons-react'
import type { FormEvent } from 'react'
import { useCallback, useEffect, useState } from 'react'
import { api } from '../../api/calls'
import type { Trace } from '../../api/healthTypes'
import { useI18n } from '../../i18n'
import type { Words } from '../../i18n/en'
import { showProblem } from '../../lib/problem'
import { go, paths } from '../../lib/router'
import { Empty } from '../../ui/Empty'
import { PlainLink } from '../../ui/PlainLink'
import page from '../AdminPage.module.css'
import { DueList } from './DueList'
import { Lines } from './Lines'
import classes from './Trace.module.css'

/** One message's way. What is typed stays out of the address bar; codes and events of ours may stand there. */
export function TracePage({ what }: { what: string | null }) {
  const { w } = useI18n()
  const [text, setText] = useState(what ?? '')
  const [trace, setTrace] = useState<Trace | null>(null)
  const [busy, setBusy] = useState(false)

  const follow = useCallback(async (asked: string) => {
    setBusy(true)
    try {
      setTrace(await api.trace(asked))
    } catch (error) {
      showProblem(error, w)
    } finally {
      setBusy(false)
    }
  }, [w])
  useEffect(() => {
    if (what === null) return
    setText(what)
    void follow(what)
  }, [what, follow])

  function submit(event: FormEvent): void {
    event.preventDefault()
    if (text.trim()) void follow(text.trim())
  }

  return (
    <>
      <div className={page.head}><p className={page.intro}>{w.trace.intro}</p></div>
      <form className={classes.ask} onSubmit={submit} role="search">
        <TextInput
          className={classes.input} dir={text ? 'auto' : undefined} value={text} onChange={(event) => setText(event.currentTarget.value)}
          aria-label={w.trace.label} placeholder={w.trace.placeholder} maxLength={998} data-testid="trace-what" autoFocus={what === null}
        />
        <Button type="submit" loading={busy} disabled={!text.trim()} data-testid="trace-go">{w.trace.go}</Button>
      </form>
      {trace ? <Found trace={trace} /> : !busy && <Empty icon={<IconRoute size={28} stroke={1.4} />} title={w.trace.empty} help={w.trace.emptyHelp} />}
    </>
  )
}

function Found({ trace }: { trace: Trace }) {
  const { w, f } = useI18n()
  const { matter } = trace
  const others = trace.found.filter((one) => one.again !== (matter?.code ?? ''))
  if (trace.found.length === 0) return <Empty title={w.trace.nothing} help={w.trace.nothingHelp} />
  return (
    <div className={classes.found} data-testid="trace-found">
      {matter && (
        <header className={classes.matter}>
          <div>
            <h2 className={classes.name}><bdi>{matter.name}</bdi></h2>
            <div className={page.dim}>{statusWords(matter.status, w)}{w.between}<bdi>{matter.channel}</bdi>{w.between}{w.trace.code(matter.code)}</div>
          </div>
          <PlainLink className={classes.link} to={paths.conversation(matter.id)}>{w.trace.open}</PlainLink>
        </header>
      )}
      {trace.cut && <p className={page.dim}>{w.trace.cut}</p>}
      <Lines lines={trace.lines} />
      {matter && <DueList due={trace.due} />}
      {others.length > 0 && (matter || trace.lines.length === 0 || others.length > 1) && (
        <section>
          <h3 className={classes.heading}>{w.trace.also}</h3>
          <ul className={classes.others}>
            {others.map((one, place) => (
              <li key={place}>
                {one.hidden
                  ? <span className={page.dim}>{one.words[f.language]}</span>
                  : <button type="button" className={classes.other} onClick={() => go(paths.trace(one.again))}><bdi>{one.words[f.language]}</bdi></button>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}

/** The status of a matter in a word; until when it is put off stands among what is due. */
function statusWords(status: string, w: Words): string {
  const said = w.status[status as keyof Words['status']]
  if (typeof said === 'string') return said
  return status === 'snoozed' ? w.list.statuses.snoozed : status
}
