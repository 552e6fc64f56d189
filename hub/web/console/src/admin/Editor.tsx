import type { KeyboardEvent } from 'react'
import { useRef } from 'react'
import { useI18n } from '../i18n'
import classes from './Editor.module.css'

interface Props {
  value: string
  onChange: (value: string) => void
  readOnly: boolean
  label: string
  /** Line numbers with a problem. */
  marked: ReadonlySet<number>
}

const INDENT = '  '

/** A plain text editor with line numbers; Tab indents, Esc then Tab leaves. */
export function Editor({ value, onChange, readOnly, label, marked }: Props) {
  const { f } = useI18n()
  const leaving = useRef(false)
  const lines = value.split('\n').length
  function onKey(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.code === 'Escape') {
      leaving.current = true
      return
    }
    if (event.code !== 'Tab' || leaving.current || event.shiftKey || readOnly) {
      leaving.current = false
      return
    }
    event.preventDefault()
    const { selectionStart, selectionEnd } = event.currentTarget
    event.currentTarget.setRangeText(INDENT, selectionStart, selectionEnd, 'end')
    onChange(event.currentTarget.value)
  }
  return (
    <div className={classes.editor} dir="ltr">
      <div className={classes.numbers} aria-hidden>
        {Array.from({ length: lines }, (_, index) => <div key={index} data-marked={marked.has(index + 1) || undefined}>{f.number(index + 1)}</div>)}
      </div>
      <textarea
        className={classes.text} value={value} readOnly={readOnly} aria-label={label} spellCheck={false} wrap="off" rows={Math.max(16, lines)}
        onChange={(event) => onChange(event.currentTarget.value)} onKeyDown={onKey} data-testid="rules-editor"
      />
    </div>
  )
}
