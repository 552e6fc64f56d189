import { useState } from 'react'
import { api } from '../api/calls'
import { ApiError } from '../api/http'
import type { Id, Offer } from '../api/types'
import { useI18n } from '../i18n'
import { showDone, showProblem } from '../lib/problem'
import { go, paths } from '../lib/router'
import { update } from '../store/store'

interface OfferActions {
  busy: Id | null
  accept: (offer: Offer) => void
  decline: (offer: Offer, reason: string, words?: string) => void
}

function drop(id: Id): void {
  update((state) => {
    const offers = { ...state.offers }
    delete offers[id]
    return { ...state, offers }
  })
}

export function useOfferActions(): OfferActions {
  const { w } = useI18n()
  const [busy, setBusy] = useState<Id | null>(null)

  async function run(offer: Offer, act: () => Promise<unknown>): Promise<boolean> {
    setBusy(offer.id)
    try {
      await act()
      drop(offer.id)
      return true
    } catch (error) {
      const over = error instanceof ApiError && [404, 409, 410].includes(error.status)
      if (over) {
        drop(offer.id)
        showDone(w.offers.gone)
      } else showProblem(error, w)
      return false
    } finally {
      setBusy(null)
    }
  }

  return {
    busy,
    accept: (offer) => void run(offer, () => api.accept(offer.id)).then((done) => done && go(paths.conversation(offer.conversation))),
    decline: (offer, reason, words) => void run(offer, () => api.decline(offer.id, reason, words)),
  }
}
