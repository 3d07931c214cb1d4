import type { Refusal } from '../../base/index.ts'
import { tooLow, type Case } from '../case.ts'
import { defaultRole, lowestRole, ownerRole, type Permission, type Role } from '../policy.ts'
import { holdersOf, roleOf, type TeamState } from '../state.ts'

/** What giving a role needs of its giver: `role.assign`; for `user` alone `role.assign-user` does. */
export function needsToGive({ role }: Pick<Case, 'role'>, given: string): readonly Permission[] {
  const isCovered = role.permissions.has('role.assign') || given !== defaultRole
  return [isCovered || !role.permissions.has('role.assign-user') ? 'role.assign' : 'role.assign-user']
}

/** A role that is given ranks strictly below the author and at or below the ceiling; an owner alone may give `owner`. */
export function ranksToGive(role: Role, given: Role): boolean {
  if (given.role === lowestRole || (role.role === ownerRole && given.role === ownerRole)) return true
  return given.rank < role.rank && given.rank <= role.ceiling
}

/** Refused where the author does not rank high enough to give that role. */
export function checkGivenRank(at: Case, name: string): Refusal | undefined {
  const given = roleOf(at.state, name)
  return given === undefined || ranksToGive(at.role, given) ? undefined : tooLow(at, given.rank)
}

/** True where a device acts on itself. */
export function isSelf({ act, author, targetHex }: Pick<Case, 'act' | 'author' | 'targetHex'>): boolean {
  return 'device' in act.body && targetHex === author.authorHex
}

/** True for the one owner that an open team has left. */
export function isLastOwner(state: TeamState, deviceHex: string): boolean {
  return state.members.get(deviceHex)?.role === ownerRole && holdersOf(state, ownerRole) === 1
}
