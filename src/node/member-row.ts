import type { OperationOutput } from '../operations/index.ts'
import type { Teams } from './effects/team.ts'
import type { NodeParts } from './parts.ts'

/** A member of a team as people see it. */
export function memberRow(
  parts: NodeParts,
  member: ReturnType<Teams['view']>['members'][number],
): OperationOutput<'devices.ls'>['devices'][number] {
  const { device, peer, name, role, rank, generation, addedBy } = member
  const you = device === parts.teams.device.id
  const connected = parts.swarm.peers().some((other) => parts.teams.deviceOf(other.peer) === device)
  return { device, peer, name, role, rank, generation, addedBy, you, connected }
}
