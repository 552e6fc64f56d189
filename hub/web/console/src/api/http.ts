import { BASE } from '../lib/base'
import type { FieldProblem } from './types'

/** What the hub answered when it refused, in its own words (RFC 9457). */
export class ApiError extends Error {
  readonly status: number
  readonly body: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>) {
    super(String(body['detail'] ?? body['title'] ?? status))
    this.status = status
    this.body = body
  }

  get fields(): FieldProblem[] {
    const errors = this.body['errors']
    return Array.isArray(errors) ? (errors as FieldProblem[]) : []
  }
}

/** The request never got an answer: offline, or the hub is restarting. */
export class NoAnswer extends Error {}

const API = `${BASE}/api/v1`
let csrf = ''
let signedOut: () => void = () => {}

export function setCsrf(value: string): void {
  csrf = value
}

export function csrfHeader(): Record<string, string> {
  return csrf ? { 'X-CSRF-Token': csrf } : {}
}

/** `run` is called whenever the hub says that the session has ended. */
export function onSignedOut(run: () => void): void {
  signedOut = run
}

export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value))
  }
  const text = search.toString()
  return `${API}${path}${text ? `?${text}` : ''}`
}

export type Query = Record<string, string | number | boolean | null | undefined>

async function answer(method: string, path: string, query: Query, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') Object.assign(headers, csrfHeader())
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (body !== undefined) init.body = JSON.stringify(body)
  try {
    return await fetch(apiUrl(path, query), init)
  } catch (error) {
    throw new NoAnswer(String(error))
  }
}

export function readProblem(text: string, status: number): ApiError {
  try {
    const body: unknown = JSON.parse(text)
    if (body && typeof body === 'object') return new ApiError(status, body as Record<string, unknown>)
  } catch {
    // Not JSON: a proxy's page, perhaps. The status says enough.
  }
  return new ApiError(status, {})
}

async function call<T>(method: string, path: string, query: Query = {}, body?: unknown): Promise<T> {
  const response = await answer(method, path, query, body)
  const text = await response.text()
  if (!response.ok) {
    if (response.status === 401 && !path.startsWith('/sign-in')) signedOut()
    throw readProblem(text, response.status)
  }
  return (text ? JSON.parse(text) : undefined) as T
}

export const http = {
  get: <T>(path: string, query: Query = {}) => call<T>('GET', path, query),
  post: <T = void>(path: string, body: unknown = {}) => call<T>('POST', path, {}, body),
  put: <T = void>(path: string, body: unknown = {}) => call<T>('PUT', path, {}, body),
  delete: <T = void>(path: string) => call<T>('DELETE', path),
  patch: <T = void>(path: string, body: unknown = {}) => call<T>('PATCH', path, {}, body),
}
