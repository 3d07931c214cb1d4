import { limits, refuse, type Refusal } from '../../base/index.ts'
import { toHex } from '../../codec/index.ts'
import type { Bodies } from '../bodies.ts'
import { duplicate, full, tooLow, type Applied, type Case, type Law } from '../case.ts'
import { ascending, count, id, permission, rank, role } from '../fields.ts'
import { defaultRoles, isPermission, lowestRole, type Permission } from '../policy.ts'
import { hexOf } from '../interned.ts'
import { holdersOf, roleOf, type CustomRole, type TeamState } from '../state.ts'
import { keepInvites, rejudgeInvites } from './cascade.ts'
import { checkGivenRank, isLastOwner, isSelf, needsToGive } from './giving.ts'

/** Roles: who holds which, and the custom ones. */
export const roles: {
  readonly [K in 'AssignRole' | 'RevokeRole' | 'CreateRole' | 'DeleteRole' | 'AddPermission' | 'RemovePermission']: Law<
    Bodies[K]
  >
} = {
  AssignRole: {
    form: { device: id, gen: count, role, roleAt: id, from: role },
    needs: (at, body) => (stepsDown(at, body.role) ? [] : needsToGive(at, body.role)),
    fresh: (at, body) => checkHeld(at, body.from),
    rank: (at, body) => (stepsDown(at, body.role) ? undefined : checkGivenRank(at, body.role)),
    own: ({ state, targetHex }, body) => {
      if (body.role === body.from) return duplicate(`the device has the role ${body.role}`)
      return isLastOwner(state, targetHex) ? refuse('ERR_TEAM_LAST_OWNER') : undefined
    },
    apply: (state, body, { idHex: by }) =>
      setRole(state, hexOf(body.device), { role: body.role, roleAt: body.roleAt, by }),
  },
  RevokeRole: {
    form: { device: id, gen: count, role, roleAt: id },
    fresh: (at, body) => checkHeld(at, body.role),
    own: ({ state, targetHex }, body) => {
      if (body.role === lowestRole) return duplicate(`the device has no role but ${lowestRole}`)
      return isLastOwner(state, targetHex) ? refuse('ERR_TEAM_LAST_OWNER') : undefined
    },
    apply: (state, body, { idHex: by }) =>
      setRole(state, toHex(body.device), { role: lowestRole, roleAt: state.team, by }),
  },
  CreateRole: {
    form: { role, rank, permissions: ascending(permission, byText) },
    known: (_, body) => firstUnknown(body.permissions),
    rank: (at, body) => (body.rank >= at.role.rank ? tooLow(at, body.rank) : undefined),
    own: ({ state }, body) => {
      if (roleOf(state, body.role) !== undefined) return duplicate(`there is a role ${body.role}`)
      return checkSet(body.permissions) ?? full('custom roles', state.roles.size, limits.customRolesMax)
    },
    apply: createRole,
  },
  DeleteRole: {
    form: { role, roleAt: id },
    rank: (at, body) => checkRoleRank(at, body.role),
    own: ({ state }, body) => {
      const holders = holdersOf(state, body.role)
      if (defaultRoles.has(body.role)) return refuse('ERR_TEAM_ROLE_BUILTIN', { role: body.role })
      return holders > 0 ? refuse('ERR_TEAM_ROLE_IN_USE', { role: body.role, found: holders }) : undefined
    },
    apply: (state, body) => ({
      ...state,
      roles: state.roles.without(body.role),
      invites: keepInvites(state, (invite) => invite.role !== body.role),
    }),
  },
  AddPermission: {
    form: { role, roleAt: id, permission },
    known: (_, body) => firstUnknown([body.permission]),
    rank: (at, body) => checkRoleRank(at, body.role),
    own: ({ state }, body) => {
      const found = state.roles.get(body.role)
      if (found === undefined) return refuse('ERR_TEAM_ROLE_BUILTIN', { role: body.role })
      const held: ReadonlySet<string> = found.permissions
      if (held.has(body.permission)) return duplicate(`the role ${body.role} has the permission ${body.permission}`)
      return checkSet([...held, body.permission])
    },
    apply: (state, body, { idHex }) => {
      const found = state.roles.get(body.role)
      if (found === undefined || !isPermission(body.permission)) return state
      return withRole(state, found, new Map([...found.sources, [body.permission, idHex]]))
    },
  },
  RemovePermission: {
    form: { role, roleAt: id, permission },
    known: (_, body) => firstUnknown([body.permission]),
    rank: (at, body) => checkRoleRank(at, body.role),
    own: ({ state }, body) => {
      const found = state.roles.get(body.role)
      if (found === undefined) return refuse('ERR_TEAM_ROLE_BUILTIN', { role: body.role })
      const held: ReadonlySet<string> = found.permissions
      return held.has(body.permission) ? undefined : unknownPermission(body.permission)
    },
    apply: (state, body) => {
      const found = state.roles.get(body.role)
      if (found === undefined) return state
      const changed = withRole(state, found, new Map([...found.sources].filter(([p]) => p !== body.permission)))
      return rejudgeInvites(changed, (creator) => creator.role === body.role)
    },
  },
}

/** Every device may lower its own role, whatever its role. It can never raise itself. */
function stepsDown(at: Case, given: string): boolean {
  const rankGiven = roleOf(at.state, given)?.rank
  return isSelf(at) && (rankGiven === undefined || rankGiven < at.role.rank)
}

/** Refused where the device holds another role than the author saw. */
function checkHeld({ state, targetHex }: Case, expected: string): Refusal | undefined {
  const found = state.members.get(targetHex)?.role ?? expected
  return found === expected ? undefined : refuse('ERR_TEAM_STALE_ROLE', { found, expected })
}

function checkRoleRank(at: Case, name: string): Refusal | undefined {
  const rankHeld = roleOf(at.state, name)?.rank ?? 0
  return rankHeld >= at.role.rank ? tooLow(at, rankHeld) : undefined
}

function firstUnknown(names: readonly string[]): Refusal | undefined {
  const unknown = names.find((name) => !isPermission(name))
  return unknown === undefined ? undefined : unknownPermission(unknown)
}

function unknownPermission(permissionName: string): Refusal {
  return refuse('ERR_TEAM_UNKNOWN_PERMISSION', { permission: permissionName })
}

/**
 * Not in a custom role: `team.close`; and `role.define` beside `role.assign`, with which a holder could raise a device of
 * its own above itself.
 */
function checkSet(set: readonly string[]): Refusal | undefined {
  if (set.includes('team.close')) return refuse('ERR_TEAM_PERMISSION_FORBIDDEN', { what: 'team.close' })
  return set.includes('role.define') && set.includes('role.assign')
    ? refuse('ERR_TEAM_PERMISSION_FORBIDDEN', { what: 'role.define beside role.assign' })
    : undefined
}

function createRole(state: TeamState, body: Bodies['CreateRole'], { id: at, idHex }: Applied): TeamState {
  const held = body.permissions.filter(isPermission)
  const { role: name, rank: rankOfRole } = body
  const made: CustomRole = {
    role: name,
    rank: rankOfRole,
    ceiling: rankOfRole - 1,
    builtin: false,
    permissions: new Set(held),
    at,
    sources: new Map(held.map((p) => [p, idHex])),
  }
  return { ...state, roles: state.roles.with(name, made) }
}

function withRole(state: TeamState, found: CustomRole, sources: ReadonlyMap<Permission, string>): TeamState {
  return { ...state, roles: state.roles.with(found.role, { ...found, sources, permissions: new Set(sources.keys()) }) }
}

/** The state with a member in another role; invites that it could no longer make are gone. */
export function setRole(
  state: TeamState,
  deviceHex: string,
  given: { readonly role: string; readonly roleAt: Uint8Array; readonly by: string },
): TeamState {
  const member = state.members.get(deviceHex)
  if (member === undefined) return state
  const { role: name, roleAt, by: roleBy } = given
  const members = state.members.with(deviceHex, { ...member, role: name, roleAt, roleBy })
  return rejudgeInvites({ ...state, members }, (creator) => creator.deviceHex === deviceHex)
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
