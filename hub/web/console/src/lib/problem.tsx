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

/** `outcomes`: words for what the hub calls by a code. */
export function showProblem(error: unknown, w: Words, outcomes: Record<string, string> = {}): void {
  const outcome = error instanceof ApiError ? outcomes[String(error.body['outcome'])] : undefined
  notifications.show({ message: outcome ?? problemText(error, w), color: 'red', autoClose: 8000 })
}

interface Act {
  label: string
  run: () => void
}

/** Say that it is done; `undo` takes it back for as long as the words stand. */
export function showDone(message: string, undo?: Act): void {
  show(message, 'teal', undo ? 7000 : 3500, undo && { ...undo, testid: 'undo' })
}

/** Say what somebody should know now; `act` goes there. */
export function showNotice(message: string, act?: Act): void {
  show(message, 'yellow', 10_000, act && { ...act, testid: 'notice-act' })
}

function show(message: string, color: string, autoClose: number, act?: Act & { testid: string }): void {
  const id = notifications.show({ message, color, autoClose })
  if (!act) return
  const run = (): void => {
    notifications.hide(id)
    act.run()
  }
  const words = (
    <Group justify="space-between" gap="md" wrap="nowrap">
      <bdi>{message}</bdi>
      <Button size="compact-xs" variant="light" flex="none" onClick={run} data-testid={act.testid}>{act.label}</Button>
    </Group>
  )
  notifications.update({ id, message: words, color, autoClose })
}
