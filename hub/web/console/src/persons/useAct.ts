import { useState } from 'react'
import type { Contact } from '../api/types'
import { useI18n } from '../i18n'
import { showDone, showProblem } from '../lib/problem'
import { addContact } from '../store/reduce'
import { update } from '../store/store'

/** How to take back what made this person. */
export type Undo = (made: Contact) => { label: string; run: () => void } | undefined

export interface Act {
  busy: boolean
  /** Do it and show the person as they are then; whether it was done. */
  run: (act: () => Promise<Contact>, done: string, undo?: Undo) => Promise<boolean>
}

export function useAct(): Act {
  const { w } = useI18n()
  const [busy, setBusy] = useState(false)
  async function run(act: () => Promise<Contact>, done: string, undo?: Undo): Promise<boolean> {
    setBusy(true)
    try {
      const contact = await act()
      update((state) => addContact(state, contact))
      showDone(done, undo?.(contact))
      return true
    } catch (error) {
      showProblem(error, w, { hidden: w.claim.hidden, elsewhere: w.claim.elsewhere })
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, run }
}
