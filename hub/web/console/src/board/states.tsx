import type { AgentState } from '../api/routingTypes'
import classes from './states.module.css'

export const STATES: readonly AgentState[] = ['available', 'offered', 'busy', 'full', 'wrapping', 'away', 'offline']

/** A state as a shape and a colour; its word stands beside it. */
export function StateDot({ state }: { state: AgentState }) {
  return <span className={classes.dot} data-state={state} aria-hidden />
}
