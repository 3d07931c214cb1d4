import { limits } from '../../src/base/index.ts'
import { toHex } from '../../src/codec/index.ts'
import type { GraphNode, Replica, TeamState } from '../../src/team/index.ts'

/** I5, and rows that outlived what they hang on; cheap enough to ask at every new state. */
export function stateFaults({ state }: { readonly state: TeamState }): string[] {
  const faults: string[] = []
  const owners = [...state.members.values()].filter(({ role }) => role === 'owner')
  if (state.open && state.members.size > 0 && owners.length === 0) faults.push('I5: an open team without an owner')
  for (const { creator } of state.invites.values())
    if (!state.members.has(creator)) faults.push('I6: an invite outlived who made it')
  for (const { labels } of state.members.values())
    for (const label of labels.keys()) if (!state.labels.has(label)) faults.push('I6: a label is held that is gone')
  for (const { peer, deviceHex } of state.nodes.values())
    if (state.barred.has(peer) || (deviceHex !== undefined && !state.members.has(deviceHex)))
      faults.push('I6: a node is listed that is barred, or whose device is gone')
  return faults
}

/** Pools keep to their bounds, whatever arrives. */
export function capFaults(replica: Replica): string[] {
  const { parked, orphans } = replica.waiting()
  const isOver = parked > limits.parkedMax || orphans > limits.orphansMax
  return isOver ? [`${parked} parked and ${orphans} orphans`] : []
}

/** I3: what has an effect beside an accepted removal of its author, or the confirmation of its leave. */
export function backdated(of: Pick<Replica, 'graph' | 'standing'>): string[] {
  const effective = of.graph.nodes.filter((node) => of.standing(node) === 'effective')
  return effective.flatMap((fall) => {
    const late = effective.find((node) => isOut(fall, node) && isBeside(of, node, fall))
    return late === undefined
      ? []
      : [`I3: ${late.command.kind} has an effect beside the ${fall.act.kind} of its author`]
  })
}

/** True where `fall` removes the author of `node`, or confirms that it left, in that generation or a later one. */
function isOut({ act, command }: GraphNode, node: GraphNode): boolean {
  if (act.kind !== 'ConfirmLeave' && act.kind !== 'RemoveDevice') return false
  const device = toHex(act.body.device)
  if (act.kind === 'RemoveDevice' && device === command.authorHex) return false
  return node.command.authorHex === device && node.command.generation <= act.body.gen
}

export function isBeside({ graph }: Pick<Replica, 'graph'>, a: GraphNode, b: GraphNode): boolean {
  return a !== b && !graph.isBefore(a, b) && !graph.isBefore(b, a)
}
