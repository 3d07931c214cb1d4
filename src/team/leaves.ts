import { isPlanted } from './planted.ts'
import type { Leave, TeamState } from './state.ts'

/** Self-removals that nobody has confirmed yet and that this device can: all but its own. */
export function unconfirmedLeaves(state: TeamState, deviceHex: string): Leave[] {
  if (!state.open || !state.members.has(deviceHex) || isPlanted('leaves-unconfirmed')) return []
  return [...state.leaves.values()].filter((leave) => !leave.confirmed && leave.deviceHex !== deviceHex)
}
