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

export function showDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 3500 })
}
