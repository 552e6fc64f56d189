import { create } from 'zustand'
import type { Id } from '../api/types'

/** Whom to write to: somebody we know, or an address. */
export interface Whom {
  contact?: Id
  uri?: string
  name?: string
}

interface Starting {
  opened: boolean
  whom: Whom | null
  /** What is being written; closing the dialog loses nothing. */
  subject: string
  text: string
  /** The same for every try of the same message. */
  key: string
}

const blank = (): Starting => ({ opened: false, whom: null, subject: '', text: '', key: crypto.randomUUID() })

export const useStarting = create<Starting>(blank)

/** Begin a message, to somebody or to whoever is chosen then. */
export function writeTo(whom: Whom | null = null): void {
  useStarting.setState(whom ? { opened: true, whom } : { opened: true })
}

export const choose = (whom: Whom | null): void => useStarting.setState({ whom })
export const type = (patch: Partial<Pick<Starting, 'subject' | 'text'>>): void => useStarting.setState(patch)
export const put = (): void => useStarting.setState({ opened: false })
export const sent = (): void => useStarting.setState(blank())
