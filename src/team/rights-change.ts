import { toHex } from '../codec/index.ts'
import { roleOf, type TeamState } from './state.ts'
import type { RightsChange } from './step.ts'

/** What two states of a team differ in, as far as rights go. */
export function changeBetween(before: TeamState, after: TeamState): RightsChange {
  const removed: string[] = []
  const added: string[] = []
  const roles: string[] = []
  // A role that was defined anew may change any member's rights; else only those members who changed themselves matter.
  const isOfRoles = before.roles !== after.roles
  const changed = isOfRoles
    ? new Set([...before.members.keys(), ...after.members.keys()])
    : after.members.differing(before.members)
  for (const deviceHex of changed) {
    const [was, now] = [before.members.get(deviceHex), after.members.get(deviceHex)]
    // Removed and added again between two looks: what it held before is gone all the same.
    const isOther = was?.generation !== now?.generation
    if (was !== undefined && isOther) removed.push(deviceHex)
    if (now !== undefined && isOther) added.push(deviceHex)
    if (was !== undefined && now !== undefined && roleOf(before, was.role) !== roleOf(after, now.role))
      roles.push(deviceHex)
  }
  return { removed, added, roles, closed: before.open && !after.open, swarm: !governsAlike(before, after) }
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
