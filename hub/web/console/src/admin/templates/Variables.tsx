import { UnstyledButton } from '@mantine/core'
import { useCatalogue } from '../../composer/canned/catalogue'
import { useI18n } from '../../i18n'
import classes from './Templates.module.css'

/** The catalogue: what a template may name, and how it is written. */
export function Variables({ onInsert }: { onInsert: (name: string) => void }) {
  const { w, f } = useI18n()
  const { variables } = useCatalogue()
  return (
    <details className={classes.variables}>
      <summary>{w.templates.variables}</summary>
      <p className={classes.help}>{w.templates.variablesHelp}</p>
      <ul>
        {Object.entries(variables).map(([name, { kind, words }]) => (
          <li key={name}>
            <UnstyledButton className={classes.variable} onClick={() => onInsert(name.replace('*', 'name'))} data-testid={`variable-${name}`}>
              <code dir="ltr">{name}</code>
              <span>{words[f.language] ?? words['en']}{name.endsWith('*') && ` (${w.templates.madeUp})`}</span>
              <span className={classes.kind}>{w.templates.kinds[kind] ?? kind}</span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </details>
  )
}
