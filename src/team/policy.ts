/**
 * Who may do what (`TEAM.md` 2.1, 2.4). Default deny: what no row allows is refused. The rows are data; `check` reads
 * them, and the reference page of roles and commands is printed from them.
 */

/** Every permission, in the order of the table of default roles. */
export const permissions = [
  'team.close',
  'device.add',
  'device.admit',
  'device.remove',
  'role.assign',
  'role.revoke',
  'role.assign-user',
  'label.define',
  'label.assign',
  'name.assign',
  'channel.use',
  'role.define',
  'node.govern',
  'key.rotate',
  'claim.govern',
] as const
export type Permission = (typeof permissions)[number]

/** A role: data, not code. */
export interface Role {
  readonly role: string
  readonly rank: number
  readonly permissions: ReadonlySet<Permission>
  /** Highest rank its holder may give or take away with `role.assign` and `role.revoke`. */
  readonly ceiling: number
  readonly builtin: boolean
}

/** The role that everything falls to. */
export const lowestRole = 'sync-role'
/** The role a device gets when none is named. */
export const defaultRole = 'user'
/** The role a team cannot be without while it is open. */
export const ownerRole = 'owner'

function builtin(role: string, rank: number, ceiling: number, held: readonly Permission[]): Role {
  return { role, rank, ceiling, permissions: new Set(held), builtin: true }
}

/** The five roles of every team; immutable, and the same in every team of policy 1. */
export const defaultRoles: ReadonlyMap<string, Role> = new Map(
  [
    builtin(
      ownerRole,
      1_000_000,
      1_000_000,
      permissions.filter((p) => p !== 'channel.use'),
    ),
    builtin('admin', 800, 700, ['role.assign', 'role.revoke', 'label.define', 'name.assign']),
    builtin('operator', 700, 699, [
      'device.add',
      'device.admit',
      'device.remove',
      'role.assign-user',
      'label.assign',
      'name.assign',
      'key.rotate',
    ]),
    builtin(defaultRole, 600, 599, ['channel.use']),
    builtin(lowestRole, 100, 99, []),
  ].map((role) => [role.role, role]),
)

/** What people may type for a role: `sync-only` is another spelling of `sync-role`. */
export function roleName(typed: string): string {
  return typed === 'sync-only' ? lowestRole : typed
}

/** One kind of command: what it needs, for whom, why. */
export interface KindPolicy {
  /** The permission it needs from others than its own target; none: any device. */
  readonly permission: Permission | null
  /** True where a device may always do this to itself (to leave, or to lower its role). */
  readonly self: boolean
  /** True where the command has a device as its target, and rank rules apply. */
  readonly target: boolean
  /** What it does, as the end of "role 'x' may not …". */
  readonly action: string
  readonly why: string
}

/** The kinds of this version. Any other kind is parked, never refused. */
export const kinds = {
  CreateTeam: {
    permission: null,
    self: false,
    target: false,
    action: 'create a team',
    why: 'Any device may create a team, and owns it.',
  },
  CloseTeam: {
    permission: 'team.close',
    self: false,
    target: false,
    action: 'close the team',
    why: 'Closing ends everything for everybody, so only owners do it.',
  },
  AddDevice: {
    permission: 'device.add',
    self: false,
    target: false,
    action: 'add devices',
    why: 'Owners and operators onboard; an admin adds and removes nobody.',
  },
  RemoveDevice: {
    permission: 'device.remove',
    self: true,
    target: true,
    action: 'remove devices',
    why: 'Owners and operators remove devices of lower rank; every device may leave.',
  },
  AssignRole: {
    permission: 'role.assign',
    self: true,
    target: true,
    action: 'assign roles',
    why: 'Owners up to owner, admins up to operator; operators hand out user; every device may step down.',
  },
  RevokeRole: {
    permission: 'role.revoke',
    self: true,
    target: true,
    action: 'revoke roles',
    why: 'As assigning; the device falls to sync-role.',
  },
} as const satisfies Record<string, KindPolicy>
export type Kind = keyof typeof kinds

/** True for a kind that this version judges. */
export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(kinds, kind)
}

/** The version of the law in CreateTeam; a team of a newer one is parked. */
export const policyVersion = 1
