import type { Act } from './bodies.ts'
import type { Applied } from './case.ts'
import { lawOf } from './kinds/index.ts'
import type { TeamState } from './state.ts'

export type { Applied } from './case.ts'

/**
 * The state after an act whose check succeeded. Pure and total: a new state, sharing what did not change. What hangs on a
 * row goes with it.
 */
export function apply(state: TeamState, act: Act, command: Applied): TeamState {
  return lawOf(act.kind).apply(state, act.body, command)
}
