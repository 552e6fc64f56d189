import { TextInput } from '@mantine/core'
import { useI18n } from '../i18n'

/** Six digits of an app, or a recovery code. */
export function CodeField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { w } = useI18n()
  return (
    <TextInput
      label={w.door.code} description={w.door.codeHelp} inputWrapperOrder={['label', 'input', 'description']} name="code"
      autoComplete="one-time-code" inputMode="text" autoCapitalize="none" spellCheck={false} autoFocus dir="ltr" maxLength={40}
      value={value} onChange={(event) => onChange(event.currentTarget.value)} data-testid="code"
    />
  )
}
