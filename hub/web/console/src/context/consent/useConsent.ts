import { useEffect, useState } from 'react'
import { api } from '../../api/calls'
import type { Consent, ConsentBody } from '../../api/outreachTypes'
import type { Contact, Id } from '../../api/types'
import { useI18n } from '../../i18n'
import { showDone, showProblem } from '../../lib/problem'

/** Which ways to somebody are closed: another answer when that changes. */
export const standingOf = (contact: Contact | undefined): string =>
  contact?.identities.map((item) => `${item.id}${item.opted_out ? 'o' : ''}${item.blocked ? 'b' : ''}`).join() ?? ''

/** Everything that was said of writing to a person, read anew when it changes. */
export function useConsents(contact: Contact): Consent[] {
  const [items, setItems] = useState<Consent[]>([])
  const standing = standingOf(contact)
  useEffect(() => {
    let current = true
    api.consents(contact.id).then((found) => current && setItems(found.items), () => undefined)
    return () => {
      current = false
    }
  }, [contact, standing])
  return items
}

export interface ConsentActs {
  block: (id: Id) => void
  unblock: (id: Id) => void
  say: (id: Id, body: ConsentBody) => Promise<boolean>
}

export function useConsentActs(): ConsentActs {
  const { w } = useI18n()
  async function run(act: () => Promise<unknown>, done: string, undo?: () => void): Promise<boolean> {
    try {
      await act()
      showDone(done, undo && { label: w.conversation.undo, run: undo })
      return true
    } catch (error) {
      showProblem(error, w)
      return false
    }
  }
  const unblock = (id: Id): void => void run(() => api.unblock(id), w.consent.unblocked)
  return {
    block: (id) => void run(() => api.block(id), w.consent.blocked, () => unblock(id)),
    unblock,
    say: (id, body) => run(() => api.sayConsent(id, body), w.consent.recorded),
  }
}
