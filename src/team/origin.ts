import { labels } from '../base/index.ts'
import { fromHex, toHex } from '../codec/index.ts'
import { labelledHash } from '../keys/index.ts'
import type { Act } from './bodies.ts'
import { neededPermissions } from './check.ts'
import type { Command } from './command.ts'
import { hexOf } from './interned.ts'
import { deviceId } from './key-bundle.ts'
import { isPlanted } from './planted.ts'
import { kinds, lowestRole, type Permission, type Role } from './policy.ts'
import { replayClass, type ReplayClass } from './replay-class.ts'
import { rankOf, roleOf, type CustomRole, type Member, type Seniority, type TeamState } from './state.ts'

/** Facts about a command that never change: what its author was in `view(c)`, and what the rules ask of it (R0 to R5). */
export interface Origin {
  /** Author's rank; for CreateTeam an owner's. */
  readonly rank: number
  /** Where the author was admitted in its present generation. */
  readonly seniority: Seniority
  /** 0 reducers and all role changes, 1 everything else, 2 self-reducers. */
  readonly order: ReplayClass
  /** The author's role, with the hex id of the command that made it, and of the one that gave it. */
  readonly role: string
  readonly roleAt: string
  readonly roleBy: string
  /** The permissions that the check needed. */
  readonly needs: readonly Permission[]
  /** `deps(c)`: hex ids of the commands that gave its author the right to make it. */
  readonly deps: readonly string[]
  /** Rank of the role that it gives a device, where it gives one. */
  readonly gives?: number
  /** For a Decrease: the role that it leaves its target, as the author saw it. */
  readonly leaves?: Role
  /** Where its author had forked: which of the author's commands were lost in that, as the author saw it (`forkView`). */
  readonly lost?: string
}

/**
 * The facts of a command's origin, from the view it was made in; `lost`: hex ids of its author's commands that are lost by
 * R1 in that view since the last of them that stands, sorted.
 */
export function originOf(
  view: TeamState,
  act: Act,
  command: Pick<Command, 'idHex' | 'author' | 'authorHex' | 'key' | 'generation'>,
  lost: readonly string[] = [],
): Origin {
  const member = view.members.get(command.authorHex)
  if (member === undefined) return founderOrigin(command)
  const needs = neededPermissions(view, act, command)
  const { depth, idHex } = member.admitted
  const gives = givenRank(view, act)
  const order = replayClass(act, command.authorHex)
  const leaves = order === 0 || isPlanted('self-reducers-hit') ? leftRole(view, act) : undefined
  return {
    rank: rankOf(view, command.authorHex),
    seniority: { depth, idHex },
    order,
    role: member.role,
    roleAt: hexOf(member.roleAt),
    roleBy: member.roleBy,
    needs,
    deps: depsOf(view, member, act, hexOf(command.key), needs),
    ...(gives === undefined ? {} : { gives }),
    ...(leaves === undefined ? {} : { leaves }),
    ...(lost.length === 0 ? {} : { lost: forkView(lost) }),
  }
}

/**
 * What a command remembers of a view of its author's fork: a hash, for there may be thousands. Two that saw the same since
 * the last one that stands saw the same before: that one would be lost, too.
 */
export function forkView(lost: readonly string[]): string {
  const ids = new Uint8Array(lost.length * 32)
  for (const [at, id] of lost.entries()) ids.set(fromHex(id), at * 32)
  return toHex(labelledHash(labels.forkView, ids))
}

function founderOrigin({ idHex }: Pick<Command, 'idHex'>): Origin {
  const role = { role: 'owner', roleAt: idHex, roleBy: idHex }
  return { rank: 1_000_000, seniority: { depth: 0, idHex }, order: 1, ...role, needs: [], deps: [] }
}

/** The device that an act is about: its target, or who it lets in. Empty where there is none. */
export function subjectOf(act: Act): string {
  if (act.kind === 'AddDevice') return hexOf(deviceId(act.body.bundle.identity))
  if (act.kind === 'AdmitDevice') return hexOf(deviceId(act.body.claim.bundle.identity))
  if (act.kind === 'ConfirmLeave' || kinds[act.kind].target) return hexOf((act.body as { device: Uint8Array }).device)
  return ''
}

/** `deps(c)`: admission, role, what is behind the needed permissions, signing key; and what the kind rests on besides. */
function depsOf(
  view: TeamState,
  member: Member,
  act: Act,
  keyHex: string,
  needs: readonly Permission[],
): readonly string[] {
  const deps = [member.admitted.idHex]
  const add = (dep: string | undefined): void => {
    if (dep !== undefined && !deps.includes(dep)) deps.push(dep)
  }
  add(member.roleBy)
  const role = view.roles.get(member.role)
  if (role !== undefined) for (const dep of behind(role, needs)) add(dep)
  add(member.keyBy.get(keyHex))
  if (act.kind === 'AdmitDevice') add(hexOf(act.body.invite))
  if (act.kind === 'ConfirmLeave') add(hexOf(act.body.leave))
  return deps
}

/** The CreateRole and the AddPermissions that a custom role has these permissions from. */
function behind(role: CustomRole, needs: readonly Permission[]): string[] {
  const sources = needs.map((permission) => role.sources.get(permission)).filter((source) => source !== undefined)
  return needs.length === 0 ? [] : [hexOf(role.at), ...sources]
}

function givenRole(view: TeamState, act: Act): string | undefined {
  if (act.kind === 'AddDevice' || act.kind === 'AssignRole') return act.body.role
  if (act.kind === 'RevokeRole') return lowestRole
  return act.kind === 'AdmitDevice' ? view.invites.get(hexOf(act.body.invite))?.role : undefined
}

function givenRank(view: TeamState, act: Act): number | undefined {
  const given = givenRole(view, act)
  return given === undefined ? undefined : roleOf(view, given)?.rank
}

/**
 * The role that a Decrease leaves its target: one that ranks lower than the old, or the same and lacks a permission of it.
 * A role that ranks higher is a raise, whatever it lacks.
 */
function leftRole(view: TeamState, act: Act): Role | undefined {
  if (act.kind !== 'AssignRole' && act.kind !== 'RevokeRole') return undefined
  const held = view.members.get(subjectOf(act))?.role
  const old = held === undefined ? undefined : roleOf(view, held)
  const left = roleOf(view, givenRole(view, act) ?? lowestRole)
  if (old === undefined || left === undefined || left.rank > old.rank) return undefined
  const isLess = left.rank < old.rank || [...old.permissions].some((permission) => !left.permissions.has(permission))
  return isLess ? left : undefined
}

/** True where two commands of one author have the same facts. */
export function isSameOrigin(a: Origin, b: Origin): boolean {
  return (
    a.order === b.order &&
    a.rank === b.rank &&
    a.seniority.idHex === b.seniority.idHex &&
    a.role === b.role &&
    a.roleAt === b.roleAt &&
    a.roleBy === b.roleBy &&
    a.gives === b.gives &&
    a.leaves === b.leaves &&
    a.lost === b.lost &&
    isSameList(a.needs, b.needs) &&
    isSameList(a.deps, b.deps)
  )
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((one, i) => one === b[i]))
}
