import { toHex } from '../../src/codec/index.ts'
import type { Replica } from '../../src/team/index.ts'
import { compareWith } from '../oracle/compare.ts'
import { backdated, stateFaults } from './invariants.ts'
import type { Player } from './player.ts'
import type { World } from './world.ts'

/** Graphs above this size are not shown to the oracle: it takes more than the square of the size. */
const oracleCommandsMax = 150

/** What must hold after healing (liveness, I3 to I6, the oracle); a line for each thing that does not. */
export function faultsOf(world: World): string[] {
  const faults = [...world.violations]
  const honest = world.cast.filter(({ isEvil }) => !isEvil)
  const members = honest.filter(({ replica, hex }) => replica?.state.members.has(hex) === true)
  const [truth] = [...members].sort((a, b) => sizeOf(b) - sizeOf(a))
  for (const player of honest) if (player.replica === undefined) faults.push(`node ${player.index} is down`)
  // Villains may have put everybody out; then there is nobody left to agree.
  if (truth?.replica === undefined)
    return world.cast.length === honest.length ? [...faults, 'nobody is a member'] : faults
  faults.push(...disagreements(world, honest, truth))
  for (const id of world.acknowledged)
    if (!honest.some(({ replica }) => replica?.graph.has(id))) faults.push(`acknowledged and lost: ${id}`)
  faults.push(...stateFaults(truth.replica), ...backdated(truth.replica), ...dutyFaults(truth.replica, honest))
  if (sizeOf(truth) <= oracleCommandsMax) faults.push(...oracleFaults(world, truth.replica))
  return faults
}

function disagreements(world: World, honest: readonly Player[], truth: Player): string[] {
  const faults: string[] = []
  const { state } = truth.replica as Replica
  const expected = toHex((truth.replica as Replica).stateHash())
  const known = new Set(honest.map(({ hex }) => hex))
  for (const player of honest) {
    const { replica, hex, index } = player
    if (replica === undefined) continue
    if (!world.hasRestored && replica.graph.forked().some((device) => known.has(device)))
      faults.push(`node ${index} sees a fork of an honest device`)
    const isIn = replica.state.members.has(hex) || state.members.has(hex)
    if (isIn && toHex(replica.stateHash()) !== expected)
      faults.push(`node ${index} has another state: ${sizeOf(player)} of ${sizeOf(truth)} commands`)
  }
  return faults
}

/**
 * Leaves are confirmed by whoever may, on its own. A device that was restored and lost in its fork is mute (R1); one that
 * has heard no other member since its start authors nothing (`TEAM.md` 6).
 */
function dutyFaults({ state, graph }: Replica, honest: readonly Player[]): string[] {
  const forked = new Set(graph.forked())
  const hears = ({ replica }: Player): boolean => replica?.isHeard === true || state.members.size === 1
  const able = honest.filter((player) => state.members.has(player.hex) && !forked.has(player.hex) && hears(player))
  const open = [...state.leaves.values()].filter(({ confirmed }) => !confirmed)
  const isOwed = open.some((leave) => able.some(({ hex }) => hex !== leave.deviceHex))
  return state.open && isOwed ? ['a leave was never confirmed'] : []
}

function oracleFaults({ keys }: World, replica: Replica): string[] {
  const verdict = (idHex: string): string | undefined => {
    const node = replica.graph.get(idHex)
    if (node === undefined) return undefined
    const standing = replica.standing(node) as 'effective' | { verdict?: string }
    return typeof standing === 'string' ? standing : (standing.verdict ?? 'recalled')
  }
  const commands = replica.graph.nodes.map(({ command }) => command.bytes)
  const difference = compareWith({ state: replica.state, verdict }, commands, keys)
  return difference === undefined ? [] : [`the oracle differs: ${difference}`]
}

function sizeOf({ replica }: Player): number {
  return replica?.graph.nodes.length ?? 0
}
