import { Button, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import type { Id } from '../../api/types'
import { useI18n } from '../../i18n'
import { change, write, writing } from '../drafts'
import classes from './Canned.module.css'
import { catalogueName, escapeHtml, filledIn, useCatalogue } from './catalogue'

/** What a canned reply names and nobody knows here: it is asked for, and nothing is sent before. */
export function Missing({ id, names, onDone }: { id: Id; names: string[]; onDone: () => void }) {
  const { w, f } = useI18n()
  const { variables } = useCatalogue()
  const [values, setValues] = useState<Record<string, string>>({})
  const ready = names.some((name) => values[name]?.trim())

  function wordsOf(name: string): string {
    const known = catalogueName(name, variables)
    const words = known === null ? undefined : variables[known]?.words
    const own = name.slice(name.lastIndexOf('.') + 1)
    const shown = words?.[f.language] ?? words?.['en'] ?? name
    return known?.endsWith('*') ? `${shown}: ${own}` : shown
  }
  function fill(event: FormEvent): void {
    event.preventDefault()
    const { texts, mode, designed } = writing(id)
    let text = texts[mode]
    let html = designed?.html ?? ''
    for (const name of names) {
      const value = values[name]?.trim().replace(/\s+/g, ' ')
      if (!value) continue
      text = filledIn(text, name, value)
      html = filledIn(html, name, escapeHtml(value))
    }
    write(id, text)
    if (designed) change(id, { designed: { text, html } })
    setValues({})
    onDone()
  }

  return (
    <form className={classes.missing} onSubmit={fill} aria-live="polite" data-testid="missing">
      <p>{w.canned.ask(names.length, f.number(names.length))}</p>
      <div className={classes.fields}>
        {names.map((name, index) => (
          <TextInput
            key={name} size="xs" label={wordsOf(name)} value={values[name] ?? ''} autoFocus={index === 0} dir={values[name] ? 'auto' : undefined} data-testid={`missing-${name}`}
            onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
          />
        ))}
        <Button type="submit" size="xs" variant="light" disabled={!ready} data-testid="missing-fill">{w.canned.fill}</Button>
      </div>
    </form>
  )
}
