import { useEffect, useRef } from 'react'
import type { RuleSchema } from '../../api/routingTypes'
import { useI18n } from '../../i18n'
import classes from './Editor.module.css'
import type { Problem } from './problems'
import type { YamlEditor } from './yamlEditor'
import { openEditor } from './yamlEditor'

interface Props {
  value: string
  onChange: (value: string) => void
  readOnly: boolean
  label: string
  schema: RuleSchema | null
  problems: readonly Problem[]
  /** A line to go to; another object goes there again. */
  jump: { line: number } | null
}

/** The rows as they are written, with completion and with errors where they are. */
export default function Editor({ value, onChange, readOnly, label, schema, problems, jump }: Props) {
  const { w, f } = useI18n()
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<YamlEditor | null>(null)
  const latest = useRef({ onChange, schema, value })
  useEffect(() => {
    latest.current = { onChange, schema, value }
  })
  useEffect(() => {
    if (!host.current) return
    const opened = openEditor({
      parent: host.current, text: latest.current.value, label, readOnly, language: f.language, phrases: w.rulesLab.editor, number: (line) => f.number(line),
      schema: () => latest.current.schema, onChange: (text) => latest.current.onChange(text),
    })
    editor.current = opened
    return () => {
      editor.current = null
      opened.destroy()
    }
    // A change of language makes it anew; all else is told to it below.
  }, [f, w, label])
  useEffect(() => editor.current?.put(value), [value])
  useEffect(() => editor.current?.lock(readOnly), [readOnly])
  useEffect(() => editor.current?.mark(problems), [problems])
  useEffect(() => {
    if (jump) editor.current?.goTo(jump.line)
  }, [jump])
  return <div ref={host} className={classes.editor} dir="ltr" lang="en" />
}
