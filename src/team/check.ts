import { refuse, type Refusal } from '../base/index.ts'
import { idText } from '../codec/index.ts'
import type { Act, Bodies } from './bodies.ts'
import { noPermission, tooLow, type Author, type Case, type KeyFacts } from './case.ts'
import { isSame } from './command.ts'
import { hexOf } from './interned.ts'
import { deviceId, isWeakBundle } from './key-bundle.ts'
import { isSelf } from './kinds/giving.ts'
import { lawOf } from './kinds/index.ts'
import { isPlanted } from './planted.ts'
import { kinds, type Kind, type Permission } from './policy.ts'
import { generationOf, roleOf, roleOrigin, type TeamState } from './state.ts'

export { replayFacts, type Author, type KeyFacts } from './case.ts'

type Stage = (at: Case) => Refusal | undefined

/**
 * The law: may this act be done in this state? Pure and total; serves origin (`view(c)`) and replay alike. The order is
 * part of the law, and the first failure is the answer: closed, member, key, permission, target known, staleness, rank,
 * what is the kind's own (`TEAM.md` 2.7). Structure has been looked at before.
 */
export function check(state: TeamState, act: Act, author: Author, facts: KeyFacts): Refusal | undefined {
  if (act.kind === 'CreateTeam') return checkCreateTeam(state, act.body, author, facts)
  if (!state.open) return refuse('ERR_TEAM_CLOSED')
  const at = caseOf(state, act, author, facts)
  if ('code' in at) return at
  for (const stage of stages) {
    const refusal = stage(at)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/**
 * The permissions that the check of this act needs its author's role to hold; none for what everybody may do, or may do
 * to itself, and for who is no member.
 */
export function neededPermissions(state: TeamState, act: Act, author: Author): readonly Permission[] {
  const at = caseOf(state, act, author, originFacts)
  return act.kind === 'CreateTeam' || 'code' in at ? [] : neededIn(at)
}

const originFacts: KeyFacts = { weak: false, claimHolds: true, isOrigin: false }

const stages: readonly Stage[] = [checkPermission, checkTargets, checkStaleness, checkRanks, checkOwn]

/** Member and key: who acts. */
function caseOf(state: TeamState, act: Act, author: Author, facts: KeyFacts): Case | Refusal {
  const member = state.members.get(author.authorHex)
  if (member?.generation !== author.generation)
    return refuse('ERR_TEAM_NOT_MEMBER', { device: idText('dev', author.author) })
  if (!member.signing.some((key) => isSame(key, author.key))) {
    // Of a retired key it is not known here whether it was used before or after; its author knew (R5).
    if (!member.retired.has(hexOf(author.key)))
      return refuse('ERR_TEAM_UNKNOWN_KEY', { what: `it signs for device ${idText('dev', author.author)}` })
    if (facts.isOrigin) return refuse('ERR_TEAM_KEY_RETIRED', { device: idText('dev', author.author) })
  }
  const role = roleOf(state, member.role)
  if (role === undefined) return refuse('ERR_TEAM_UNKNOWN_ROLE', { role: member.role })
  return { state, act, author, facts, member, role, targetHex: targetHex(act) }
}

function checkCreateTeam(
  state: TeamState,
  body: Bodies['CreateTeam'],
  author: Author,
  facts: KeyFacts,
): Refusal | undefined {
  if (state.policy !== 0) return refuse('ERR_TEAM_BAD_PARENT', { why: 'the team has its first command already' })
  if (author.generation !== 0) return refuse('ERR_TEAM_NOT_MEMBER', { device: idText('dev', author.author) })
  const isOwn = isSame(deviceId(body.bundle.identity), author.author)
  if (!isOwn || !body.bundle.signing.some((key) => isSame(key, author.key)))
    return refuse('ERR_TEAM_UNKNOWN_KEY', { what: `it signs for device ${idText('dev', author.author)}` })
  return facts.weak || isWeakBundle(body.bundle) ? refuse('ERR_TEAM_KEY_WEAK') : undefined
}

// --- permission ---

function checkPermission(at: Case): Refusal | undefined {
  const barred = lawOf(at.act.kind).mayNot?.(at, at.act.body)
  if (barred !== undefined) return barred
  const missing = neededIn(at).find((permission) => !at.role.permissions.has(permission))
  return missing === undefined ? undefined : noPermission(at, missing)
}

function neededIn(at: Case): readonly Permission[] {
  const { act } = at
  const { needs } = lawOf(act.kind)
  if (needs !== undefined) return needs(at, act.body)
  const { permission, self } = kinds[act.kind]
  return permission === null || (self && isSelf(at)) ? [] : [permission]
}

// --- target known ---

/** Kinds that make the role or label they name. */
const makers: ReadonlySet<Kind> = new Set(['CreateRole', 'CreateLabel'])
/** Kinds that name a device which is not in the team, or not any more. */
const namesOutsiders: ReadonlySet<Kind> = new Set(['ConfirmLeave'])

function checkTargets(at: Case): Refusal | undefined {
  const { state, act } = at
  const { body, kind } = act
  if ('device' in body && !namesOutsiders.has(kind) && !state.members.has(at.targetHex))
    return refuse('ERR_TEAM_UNKNOWN_DEVICE', { device: idText('dev', body.device) })
  if ('role' in body && !makers.has(kind) && roleOf(state, body.role) === undefined)
    return refuse('ERR_TEAM_UNKNOWN_ROLE', { role: body.role })
  if ('label' in body && !makers.has(kind) && !state.labels.has(body.label))
    return refuse('ERR_TEAM_UNKNOWN_LABEL', { label: body.label })
  if ('invite' in body && !state.invites.has(hexOf(body.invite)))
    return refuse('ERR_TEAM_UNKNOWN_INVITE', { invite: idText('inv', body.invite) })
  return lawOf(kind).known?.(at, body)
}

// --- staleness: gen, labelAt, roleAt, from ---

function checkStaleness(at: Case): Refusal | undefined {
  const { state, act } = at
  const { body, kind } = act
  const isOfNow = (gen: number | undefined): boolean =>
    gen === generationOf(state, at.targetHex) || isPlanted('generation-ignored')
  if ('gen' in body && !namesOutsiders.has(kind) && !isOfNow(body.gen))
    return refuse('ERR_TEAM_STALE_GENERATION', { field: 'device' })
  if ('labelAt' in body && !isSame(state.labels.get(body.label) ?? null, body.labelAt))
    return refuse('ERR_TEAM_STALE_GENERATION', { field: 'label' })
  if ('roleAt' in body && !isSame(roleOrigin(state, body.role) ?? null, body.roleAt))
    return refuse('ERR_TEAM_STALE_GENERATION', { field: 'role' })
  return lawOf(kind).fresh?.(at, body)
}

/** The device an act is about, as hex; empty where there is none. */
export function targetHex({ body }: Act): string {
  if ('device' in body) return hexOf(body.device)
  if ('bundle' in body) return hexOf(deviceId(body.bundle.identity))
  return 'claim' in body ? hexOf(deviceId(body.claim.bundle.identity)) : ''
}

// --- rank ---

function checkRanks(at: Case): Refusal | undefined {
  const { act } = at
  return checkTargetRank(at) ?? lawOf(act.kind).rank?.(at, act.body)
}

/** The author ranks above its target; a role that is taken away is within the author's ceiling. */
function checkTargetRank(at: Case): Refusal | undefined {
  const { state, act, role } = at
  const target = kinds[act.kind].target ? state.members.get(at.targetHex) : undefined
  if (target === undefined || isSelfService(at)) return undefined
  const held = roleOf(state, target.role)?.rank ?? 0
  const isRoleChange = act.kind === 'AssignRole' || act.kind === 'RevokeRole'
  return role.rank <= held || (isRoleChange && held > role.ceiling) ? tooLow(at, held) : undefined
}

/** What a device does to itself without a permission needs no rank either; and it may name itself where it may name. */
function isSelfService(at: Case): boolean {
  return isSelf(at) && (neededIn(at).length === 0 || isNaming(at.act.kind))
}

function isNaming(kind: Kind): boolean {
  return kind === 'AssignNetworkName' || kind === 'RevokeNetworkName'
}

// --- the kind's own ---

function checkOwn(at: Case): Refusal | undefined {
  return lawOf(at.act.kind).own?.(at, at.act.body)
}
