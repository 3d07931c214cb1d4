import { toHex } from '../codec/index.ts'
import { roleOf, type TeamState } from './state.ts'
import type { RightsChange } from './step.ts'

/** What two states of a team differ in, as far as rights go. */
export function changeBetween(before: TeamState, after: TeamState): RightsChange {
  const removed: string[] = []
  const added: string[] = []
  const roles: string[] = []
  const swarm = !governsAlike(before, after)
  const closed = before.open && !after.open
  if (before.members === after.members && before.roles === after.roles) return { removed, added, roles, closed, swarm }
  const isAlike = before.roles === after.roles
  before.members.forEach((member, deviceHex) => {
    const now = after.members.get(deviceHex)
    if (now === member && isAlike) return
    if (now === undefined) removed.push(deviceHex)
    else if (roleOf(before, member.role) !== roleOf(after, now.role)) roles.push(deviceHex)
    // Removed and added again between two looks: what it held before is gone all the same.
    if (now !== undefined && now.generation !== member.generation) removed.push(deviceHex)
  })
  after.members.forEach((member, deviceHex) => {
    if (before.members.get(deviceHex)?.generation !== member.generation) added.push(deviceHex)
  })
  return { removed, added, roles, closed, swarm }
}

/** True where nothing changed. */
export function isNoChange({ removed, added, roles, closed, swarm }: RightsChange): boolean {
  return removed.length + added.length + roles.length === 0 && !closed && !swarm
}

/** True where both say the same of the swarm. A state that was computed anew has other tables with the same rows. */
function governsAlike(before: TeamState, after: TeamState): boolean {
  const isUntouched = (['nodes', 'barred', 'swarmKeys', 'operators', 'revokedClaims'] as const).every(
    (table) => before[table] === after[table],
  )
  return isUntouched || governedText(before) === governedText(after)
}

function governedText({ nodes, barred, swarmKeys, operators, revokedClaims }: TeamState): string {
  return JSON.stringify([
    [...nodes.values()].map(({ peer, addrs, deviceHex }) => [peer, addrs, deviceHex ?? '']).sort(),
    [...barred.keys()].sort(),
    swarmKeys.map(({ fingerprint, retired }) => [toHex(fingerprint), retired]),
    [...operators.keys()].sort(),
    [...revokedClaims.keys()].sort(),
  ])
}
