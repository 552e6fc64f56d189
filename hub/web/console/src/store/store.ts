import { create } from 'zustand'
import type { HubState } from './state'
import { nothing } from './state'

/** The one store of what the hub said. Change it only through `update` with a pure reducer. */
export const useHub = create<HubState>(() => nothing)

export function update(change: (state: HubState) => HubState): void {
  useHub.setState(change, true)
}

export const hub = (): HubState => useHub.getState()

export function forget(): void {
  useHub.setState(nothing, true)
}
