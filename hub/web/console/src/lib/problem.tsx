import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { ApiError, NoAnswer } from '../api/http'
import type { Words } from '../i18n/en'

/** Say what happened, whether anything was lost, and what to do. */
export function problemText(error: unknown, w: Words): string {
  if (error instanceof NoAnswer) return w.errors.noAnswer
  if (!(error instanceof ApiError)) return w.errors.other(String(error))
  const field = error.fields[0]
  switch (error.status) {
    case 403:
      return w.errors.forbidden
    case 404:
      return w.errors.gone
    case 429:
      return w.errors.tooMany
    case 502:
    case 503:
      return w.errors.busy
    default:
      return w.errors.other(field ? `${field.field}: ${field.reason}` : error.message)
  }
}

export function showProblem(error: unknown, w: Words): void {
  notifications.show({ message: problemText(error, w), color: 'red', autoClose: 8000 })
}

interface Undo {
  label: string
  run: () => void
}

/** Say that it is done; `undo` takes it back for as long as the words stand. */
export function showDone(message: string, undo?: Undo): void {
  const id = notifications.show({ message, color: 'teal', autoClose: undo ? 7000 : 3500 })
  if (!undo) return
  const back = (): void => {
    notifications.hide(id)
    undo.run()
  }
  const words = (
    <Group justify="space-between" gap="md" wrap="nowrap">
      <span>{message}</span>
      <Button size="compact-xs" variant="light" flex="none" onClick={back} data-testid="undo">{undo.label}</Button>
    </Group>
  )
  notifications.update({ id, message: words, color: 'teal', autoClose: 7000 })
}
