import { toHex } from '../../src/codec/index.ts'
import type { Replica } from '../../src/team/index.ts'
import { backdated, stateFaults } from './invariants.ts'
import type { Player } from './player.ts'
import type { World } from './world.ts'

/** Graphs above this size are not shown to the oracle: it takes more than the square of the size. */
const oracleCommandsMax = 150

/** What must hold after healing (liveness, I3 to I6, the oracle); a line for each thing that does not. */
export function faultsOf(world: World): string[] {
  const faults = [...world.violations, ...unhealed(world)]
  const truth = truthOf(world)
  if (truth === undefined) return faults
  faults.push(...stateFaults(truth), ...backdated(truth))
  if (truth.graph.nodes.length > oracleCommandsMax) return faults
  const difference = world.oracle.difference(truth)
  return difference === undefined ? faults : [...faults, difference]
}

/** What time may still heal: who is down, who disagrees, what is lost, what is owed. */
export function unhealed(world: World): string[] {
  const honest = honestIn(world)
  const faults = honest.filter(({ replica }) => replica === undefined).map(({ index }) => `node ${index} is down`)
  const truth = truthOf(world)
  // Villains may have put everybody out; then there is nobody left to agree.
  if (truth === undefined) return world.cast.length === honest.length ? [...faults, 'nobody is a member'] : faults
  faults.push(...disagreements(world, honest, truth))
  for (const id of world.acknowledged)
    if (!honest.some(({ replica }) => replica?.graph.has(id))) faults.push(`acknowledged and lost: ${id}`)
  return [...faults, ...dutyFaults(truth, honest)]
}

function honestIn({ cast }: World): Player[] {
  return cast.filter(({ isEvil }) => !isEvil)
}

/** The member that knows most. */
function truthOf(world: World): Replica | undefined {
  const members = honestIn(world).filter(({ replica, hex }) => replica?.state.members.has(hex) === true)
  return members.sort((a, b) => sizeOf(b) - sizeOf(a))[0]?.replica
}

function disagreements(world: World, honest: readonly Player[], truth: Replica): string[] {
  const faults: string[] = []
  const { state } = truth
  const expected = toHex(truth.stateHash())
  const known = new Set(honest.map(({ hex }) => hex))
  for (const player of honest) {
    const { replica, hex, index } = player
    if (replica === undefined) continue
    if (!world.hasRestored && replica.graph.forked().some((device) => known.has(device)))
      faults.push(`node ${index} sees a fork of an honest device`)
    const isIn = replica.state.members.has(hex) || state.members.has(hex)
    if (isIn && toHex(replica.stateHash()) !== expected)
      faults.push(`node ${index} has another state: ${sizeOf(player)} of ${truth.graph.nodes.length} commands`)
  }
  return faults
}

/**
 * Leaves are confirmed by whoever may, on its own, also by one that was restored and has forked; one that has heard no
 * other member since its start authors nothing (`TEAM.md` 6).
 */
function dutyFaults({ state }: Replica, honest: readonly Player[]): string[] {
  const hears = ({ replica }: Player): boolean => replica?.isHeard === true || state.members.size === 1
  const able = honest.filter((player) => state.members.has(player.hex) && hears(player))
  const open = [...state.leaves.values()].filter(({ confirmed }) => !confirmed)
  const isOwed = open.some((leave) => able.some(({ hex }) => hex !== leave.deviceHex))
  return state.open && isOwed ? ['a leave was never confirmed'] : []
}

function sizeOf({ replica }: Player): number {
  return replica?.graph.nodes.length ?? 0
}
