import type { GraphNode } from './graph.ts'
import { hexOf } from './interned.ts'
import { subjectOf } from './origin.ts'
import { isPlanted } from './planted.ts'
import type { Role } from './policy.ts'

/** What the table of R2 asks of whoever walks the graph. */
export interface Walk {
  /** True where neither is in the other's past. */
  readonly isConcurrent: (a: GraphNode, b: GraphNode) => boolean
  readonly node: (idHex: string) => GraphNode | undefined
  /** True where `check(view(d), d)` would fail if the author of `d` held that role. */
  readonly failsAs: (d: GraphNode, role: Role) => boolean
}

/** A reducer that takes part in R3: one of the table of R2, and not aimed at its own author. */
export function takesPart({ act, origin }: GraphNode): boolean {
  if (origin.order !== 0 && !(origin.order === 2 && isPlanted('self-reducers-hit'))) return false
  switch (act.kind) {
    case 'RemoveDevice':
    case 'ConfirmLeave':
    case 'RemovePermission':
    case 'RevokeInvite':
    case 'RemoveNode':
    case 'RetireKey':
    case 'CloseTeam':
      return true
    case 'AssignRole':
    case 'RevokeRole':
      return origin.leaves !== undefined
    default:
      return false
  }
}

/** The table of R2: does reducer `r` hit `d`, which is concurrent with it? */
export function hitsDirectly(walk: Walk, r: GraphNode, d: GraphNode): boolean {
  const { act } = r
  switch (act.kind) {
    case 'RemoveDevice':
      return removalHits(hexOf(act.body.device), act.body.gen, d)
    case 'ConfirmLeave':
      return isBy(d, hexOf(act.body.device)) && isUpTo(d.command.generation, act.body.gen)
    case 'AssignRole':
    case 'RevokeRole':
      return decreaseHits(walk, r, d)
    case 'RemovePermission': {
      const { role, roleAt, permission } = act.body
      const isHeld = d.origin.role === role && d.origin.roleAt === hexOf(roleAt)
      return isHeld && (d.origin.needs as readonly string[]).includes(permission)
    }
    case 'RevokeInvite':
      return d.act.kind === 'AdmitDevice' && hexOf(d.act.body.invite) === hexOf(act.body.invite)
    case 'RemoveNode':
      return d.act.kind === 'AddNode' && d.act.body.peer === act.body.peer
    case 'RetireKey':
      return hexOf(d.command.key) === hexOf(act.body.key)
    case 'CloseTeam':
      return d.act.kind !== 'CloseTeam' && !isAimedAt(d, r.command.authorHex)
    default:
      return false
  }
}

function isBy({ command }: GraphNode, deviceHex: string): boolean {
  return command.authorHex === deviceHex
}

function removalHits(device: string, generation: number, d: GraphNode): boolean {
  if (isBy(d, device)) return isUpTo(d.command.generation, generation)
  if (d.act.kind === 'AddDevice' || d.act.kind === 'AdmitDevice') return subjectOf(d.act) === device
  if (d.act.kind !== 'AssignRole' && d.act.kind !== 'RevokeRole') return false
  return hexOf(d.act.body.device) === device && isUpTo(d.act.body.gen, generation)
}

function isUpTo(generation: number, last: number): boolean {
  return generation <= last || isPlanted('generation-ignored')
}

function decreaseHits(walk: Walk, r: GraphNode, d: GraphNode): boolean {
  const left = r.origin.leaves
  if (left === undefined || (r.act.kind !== 'AssignRole' && r.act.kind !== 'RevokeRole')) return false
  const device = hexOf(r.act.body.device)
  const { gen } = r.act.body
  if (isBy(d, device) && d.command.generation === gen && !isSpared(walk, r, d) && walk.failsAs(d, left)) return true
  return givenTo(d, device, gen) > left.rank && d.origin.rank <= r.origin.rank
}

/** Rank of the role that `d` gives that device in that generation; 0 where it gives none. */
function givenTo({ act, origin }: GraphNode, device: string, generation: number): number {
  const gives = act.kind === 'AddDevice' || act.kind === 'AdmitDevice' || act.kind === 'AssignRole'
  if (!gives || act.body.gen !== generation) return 0
  return subjectOf(act) === device ? (origin.gives ?? 0) : 0
}

/** The *unless* of R2: the author's role at `d` was given by a command beside the Decrease, of somebody above its author. */
export function isSpared(walk: Walk, decrease: GraphNode, d: GraphNode): boolean {
  const giver = walk.node(d.origin.roleBy)
  return giver !== undefined && giver.origin.rank > decrease.origin.rank && walk.isConcurrent(giver, decrease)
}

/** Reducers that a close must not void: who closes the team cannot save himself by it. */
function isAimedAt({ act, origin }: GraphNode, deviceHex: string): boolean {
  const isReducer =
    act.kind === 'RemoveDevice' ||
    act.kind === 'ConfirmLeave' ||
    (act.kind === 'RetireKey' && act.body.reason === 'compromised') ||
    origin.leaves !== undefined
  return isReducer && subjectOf(act) === deviceHex
}

/** Does this Decrease, accepted, lower the rank with which `c` counts (R3, R5)? */
export function lowers(walk: Walk, decrease: GraphNode, c: GraphNode): boolean {
  const { act } = decrease
  if (decrease.origin.leaves === undefined || (act.kind !== 'AssignRole' && act.kind !== 'RevokeRole')) return false
  if (!isBy(c, hexOf(act.body.device)) || c.command.generation !== act.body.gen) return false
  return walk.isConcurrent(decrease, c) && !isSpared(walk, decrease, c)
}

/** Order of precedence: higher rank, greater seniority, smaller id. Negative where `a` goes first. No clock, anywhere. */
export function byPrecedence(a: GraphNode, rankOfA: number, b: GraphNode, rankOfB: number): number {
  if (isPlanted('order-by-timestamp') && a.command.time !== b.command.time) return a.command.time - b.command.time
  if (rankOfA !== rankOfB) return rankOfB - rankOfA
  return bySeniority(a, b) || (a.command.idHex < b.command.idHex ? -1 : 1)
}

/** Order of seniority alone; 0 for authors of one admission. */
export function bySeniority(a: GraphNode, b: GraphNode): number {
  const [x, y] = [a.origin.seniority, b.origin.seniority]
  if (x.depth !== y.depth) return x.depth - y.depth
  if (x.idHex === y.idHex) return 0
  return x.idHex < y.idHex ? -1 : 1
}

/** Does `y` withdraw its author from the team, or retire the key that signed `other` as compromised? */
export function withdraws({ act, command }: GraphNode, other: GraphNode): boolean {
  if (act.kind === 'RemoveDevice') return hexOf(act.body.device) === command.authorHex
  return (
    act.kind === 'RetireKey' &&
    act.body.reason === 'compromised' &&
    hexOf(act.body.key) === hexOf(other.command.key) &&
    hexOf(act.body.device) === command.authorHex
  )
}

/** A reducer that takes a witness its say (R1): it removes or lowers that device in that generation. */
export function discredits({ act, origin }: GraphNode, witness: GraphNode): boolean {
  if (act.kind !== 'RemoveDevice' && act.kind !== 'ConfirmLeave' && origin.leaves === undefined) return false
  const { gen } = act.body as { gen: number }
  return subjectOf(act) === witness.command.authorHex && gen === witness.command.generation
}

/** Codes by which a reducer turns out never to have had its authority (R5). */
export function isUnfounded(node: GraphNode, code: string): boolean {
  if (code === 'ERR_TEAM_NOT_MEMBER' || code === 'ERR_TEAM_NO_PERMISSION' || code === 'ERR_TEAM_RANK_TOO_LOW')
    return true
  return node.act.kind === 'ConfirmLeave' && code === 'ERR_TEAM_UNKNOWN_DEVICE'
}
