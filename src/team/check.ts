import { limits, refuse, type Refusal } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import type { Act, Bodies } from './body.ts'
import { isSame, type Envelope } from './command.ts'
import { deviceId, isWeakBundle, type KeyBundle } from './key-bundle.ts'
import { kinds, lowestRole, ownerRole, type Permission, type Role } from './policy.ts'
import { generationOf, holdersOf, roleOf, roleOrigin, type Member, type TeamState } from './state.ts'

/** Who authored an act, as the check needs it. */
export type Author = Pick<Envelope, 'author' | 'key' | 'generation'> & { readonly authorHex: string }

/** Facts of the bytes that only libsodium knows, found before the law is asked. */
export interface KeyFacts {
  /** True where an Ed25519 key in the payload is no acceptable point. */
  readonly weak: boolean
}

/** What the stages share about one act. */
interface Case {
  readonly state: TeamState
  readonly act: Act
  readonly author: Author
  readonly weak: boolean
  readonly member: Member
  readonly role: Role
}

type Stage = (at: Case) => Refusal | undefined

/**
 * The law: may this act be done in this state? Pure and total; serves origin (`view(c)`) and replay alike. The order is
 * part of the law, and the first failure is the answer: closed, member, key, permission, target known, staleness, rank,
 * what is the kind's own (`TEAM.md` 2.7). Structure has been looked at before.
 */
export function check(state: TeamState, act: Act, author: Author, facts: KeyFacts): Refusal | undefined {
  if (act.kind === 'CreateTeam') return checkCreateTeam(state, act.body, author, facts)
  if (!state.open) return refuse('ERR_TEAM_CLOSED')
  const member = state.members.get(author.authorHex)
  if (member?.generation !== author.generation) return refuse('ERR_TEAM_NOT_MEMBER', { device: author.authorHex })
  if (!member.signing.some((key) => isSame(key, author.key)))
    return refuse('ERR_TEAM_UNKNOWN_KEY', { device: author.authorHex })
  const role = roleOf(state, member.role)
  if (role === undefined) return refuse('ERR_TEAM_UNKNOWN_ROLE', { role: member.role })
  const at: Case = { state, act, author, weak: facts.weak, member, role }
  for (const stage of stages) {
    const refusal = stage(at)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

const stages: readonly Stage[] = [checkPermission, checkTargets, checkStaleness, checkRanks, checkOwn]

function checkCreateTeam(
  state: TeamState,
  body: Bodies['CreateTeam'],
  author: Author,
  facts: KeyFacts,
): Refusal | undefined {
  if (state.policy !== 0) return refuse('ERR_TEAM_BAD_PARENT', { why: 'the team has its first command already' })
  if (author.generation !== 0) return refuse('ERR_TEAM_NOT_MEMBER', { device: author.authorHex })
  const isOwn = isSame(deviceId(body.bundle.identity), author.author)
  if (!isOwn || !body.bundle.signing.some((key) => isSame(key, author.key)))
    return refuse('ERR_TEAM_UNKNOWN_KEY', { device: author.authorHex })
  return facts.weak || isWeakBundle(body.bundle) ? refuse('ERR_TEAM_KEY_WEAK') : undefined
}

// --- permission ---

function checkPermission(at: Case): Refusal | undefined {
  const { act } = at
  const needed = kinds[act.kind].permission
  if (needed === null) return undefined
  if (isSelfService(at)) return undefined
  if (act.kind === 'AssignRole') return mayGive(at, act.body.role)
  if (!at.role.permissions.has(needed)) return noPermission(at, needed)
  if (act.kind === 'AddDevice' && act.body.role !== lowestRole) return mayGive(at, act.body.role)
  return undefined
}

/** Every device may remove itself and lower its own role, whatever its role. It can never raise itself. */
function isSelfService({ act, author, state, role }: Case): boolean {
  if (!kinds[act.kind].self || !('device' in act.body) || !isSame(act.body.device, author.author)) return false
  if (act.kind !== 'AssignRole') return true
  const given = roleOf(state, act.body.role)
  return given === undefined || given.rank < role.rank
}

function mayGive(at: Case, given: string): Refusal | undefined {
  const held = at.role.permissions
  if (held.has('role.assign') || (given === 'user' && held.has('role.assign-user'))) return undefined
  return noPermission(at, 'role.assign')
}

function noPermission(at: Case, permission: Permission): Refusal {
  const action = permission === kinds[at.act.kind].permission ? kinds[at.act.kind].action : 'assign this role'
  return refuse('ERR_TEAM_NO_PERMISSION', { role: at.role.role, action, permission })
}

// --- target known ---

function checkTargets({ state, act }: Case): Refusal | undefined {
  if ('device' in act.body && !state.members.has(toHex(act.body.device)))
    return refuse('ERR_TEAM_UNKNOWN_DEVICE', { device: toHex(act.body.device) })
  if ('role' in act.body && roleOf(state, act.body.role) === undefined)
    return refuse('ERR_TEAM_UNKNOWN_ROLE', { role: act.body.role })
  return undefined
}

// --- staleness: gen, roleAt, from ---

function checkStaleness({ state, act }: Case): Refusal | undefined {
  const { body } = act
  if ('gen' in body && body.gen !== generationOf(state, targetHex(act)))
    return refuse('ERR_TEAM_STALE_GENERATION', { field: 'device' })
  if ('roleAt' in body && !isSame(roleOrigin(state, body.role) ?? null, body.roleAt))
    return refuse('ERR_TEAM_STALE_GENERATION', { field: 'role' })
  const target = state.members.get(targetHex(act))
  const expected = act.kind === 'AssignRole' ? act.body.from : act.kind === 'RevokeRole' ? act.body.role : undefined
  if (expected !== undefined && target !== undefined && target.role !== expected)
    return refuse('ERR_TEAM_STALE_ROLE', { found: target.role, expected })
  return undefined
}

/** The device an act is about, as hex; empty where there is none. */
export function targetHex(act: Act): string {
  if ('device' in act.body) return toHex(act.body.device)
  return 'bundle' in act.body ? toHex(deviceId(act.body.bundle.identity)) : ''
}

// --- rank ---

function checkRanks(at: Case): Refusal | undefined {
  const { state, act, author, role } = at
  const target = kinds[act.kind].target ? state.members.get(targetHex(act)) : undefined
  const isSelf = target !== undefined && target.deviceHex === author.authorHex
  if (isSelf && isSelfService(at)) return undefined
  if (target !== undefined) {
    const held = roleOf(state, target.role)?.rank ?? 0
    if (role.rank <= held) return tooLow(at, held)
    if (act.kind !== 'RemoveDevice' && held > role.ceiling) return tooLow(at, held)
  }
  if (act.kind !== 'AssignRole' && act.kind !== 'AddDevice') return undefined
  return checkGivenRank(at, act.body.role)
}

/** A role that is given ranks strictly below the author and at or below the ceiling; an owner alone may give `owner`. */
function checkGivenRank(at: Case, given: string): Refusal | undefined {
  const { role, state } = at
  if (given === lowestRole || (role.role === ownerRole && given === ownerRole)) return undefined
  const rank = roleOf(state, given)?.rank ?? 0
  return rank >= role.rank || rank > role.ceiling ? tooLow(at, rank) : undefined
}

function tooLow(at: Case, rankNeeded: number): Refusal {
  return refuse('ERR_TEAM_RANK_TOO_LOW', { rankNeeded, rankHeld: at.role.rank, action: kinds[at.act.kind].action })
}

// --- the kind's own ---

function checkOwn(at: Case): Refusal | undefined {
  const { act, state } = at
  switch (act.kind) {
    case 'AddDevice':
      return checkNewDevice(at, act.body.bundle)
    case 'RemoveDevice':
      return isLastOwner(state, targetHex(act)) ? refuse('ERR_TEAM_LAST_OWNER') : undefined
    case 'AssignRole':
      if (act.body.role === act.body.from) return duplicate(`the device has the role ${act.body.role}`)
      return isLastOwner(state, targetHex(act)) ? refuse('ERR_TEAM_LAST_OWNER') : undefined
    case 'RevokeRole':
      if (act.body.role === lowestRole) return duplicate(`the device has no role but ${lowestRole}`)
      return isLastOwner(state, targetHex(act)) ? refuse('ERR_TEAM_LAST_OWNER') : undefined
    default:
      return undefined
  }
}

function checkNewDevice(at: Case, bundle: KeyBundle): Refusal | undefined {
  const { state } = at
  if (at.weak || isWeakBundle(bundle)) return refuse('ERR_TEAM_KEY_WEAK')
  if (state.members.has(targetHex(at.act))) return duplicate('the device is a member')
  const wanted = new Set([bundle.identity, ...bundle.signing, ...bundle.encryption].map(toHex))
  for (const member of state.members.values()) {
    const held = [member.identity, ...member.signing, ...member.encryption]
    if (held.some((key) => wanted.has(toHex(key)))) return duplicate('another member uses one of these keys')
  }
  if (state.members.size >= limits.membersMax)
    return refuse('ERR_TEAM_LIMIT', { found: state.members.size, what: 'members', limit: limits.membersMax })
  return undefined
}

function isLastOwner(state: TeamState, deviceHex: string): boolean {
  return state.members.get(deviceHex)?.role === ownerRole && holdersOf(state, ownerRole) === 1
}

function duplicate(what: string): Refusal {
  return refuse('ERR_TEAM_DUPLICATE', { what })
}
