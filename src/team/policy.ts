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

/** Ranks that a custom role may have. */
export const rankMin = 101
export const rankMax = 999_999

/** True for the name of a permission of this version. */
export function isPermission(text: string): text is Permission {
  return (permissions as readonly string[]).includes(text)
}

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

/** How a command takes part in the resolution (`TEAM.md` 4). */
export type Reducing =
  /** It takes authority away, and hits what used it beside it (R2). */
  | 'hits'
  /** A role change: it hits where it lowers (a Decrease). */
  | 'role'
  /** It goes first in replay, and hits nothing. */
  | 'orders'
  | 'no'

/** One kind of command: what it needs, for whom, why. */
export interface KindPolicy {
  /** The permission it needs from others than its own target; none: any device. */
  readonly permission: Permission | null
  /** True where a device may always do this to itself (to leave, to lower its role, to retire its keys). */
  readonly self: boolean
  /** True where the command has a member as its target, and rank rules apply. */
  readonly target: boolean
  /** For RetireKey of keys retired as compromised alone; others of that kind reduce nothing. */
  readonly reducing: Reducing
  /** What it does, as the end of "role 'x' may not …". */
  readonly action: string
  readonly why: string
}

function kind(permission: Permission | null, reducing: Reducing, action: string, why: string): KindPolicy {
  return { permission, self: false, target: false, reducing, action, why }
}

function onDevice(permission: Permission, reducing: Reducing, action: string, why: string): KindPolicy {
  return { ...kind(permission, reducing, action, why), target: true }
}

function onDeviceOrSelf(permission: Permission, reducing: Reducing, action: string, why: string): KindPolicy {
  return { ...onDevice(permission, reducing, action, why), self: true }
}

/** The kinds of this version, in the order of the page. Any other kind is parked, never refused. */
export const kinds = {
  CreateTeam: kind(null, 'no', 'create a team', 'Any device may create a team, and owns it.'),
  CloseTeam: kind(
    'team.close',
    'hits',
    'close the team',
    'Closing ends everything for everybody, so only owners do it.',
  ),
  AddDevice: kind('device.add', 'no', 'add devices', 'Owners and operators onboard; an admin adds and removes nobody.'),
  RemoveDevice: onDeviceOrSelf(
    'device.remove',
    'hits',
    'remove devices',
    'Owners and operators remove devices of lower rank; every device may leave.',
  ),
  ConfirmLeave: kind(
    null,
    'hits',
    'confirm its own leave',
    'Any member but the leaver seals a leave against back-dating.',
  ),
  AssignRole: onDeviceOrSelf(
    'role.assign',
    'role',
    'assign roles',
    'Owners up to owner, admins up to operator; operators hand out user; every device may step down.',
  ),
  RevokeRole: onDeviceOrSelf('role.revoke', 'role', 'revoke roles', 'As assigning; the device falls to sync-role.'),
  CreateRole: kind('role.define', 'no', 'define roles', 'Owners define roles that rank below themselves.'),
  DeleteRole: kind('role.define', 'orders', 'delete roles', 'A role that nobody holds; it never demotes anybody.'),
  AddPermission: kind('role.define', 'no', 'change roles', 'Custom roles alone; the five default ones are immutable.'),
  RemovePermission: kind(
    'role.define',
    'hits',
    'change roles',
    'Custom roles alone; the five default ones are immutable.',
  ),
  AssignNetworkName: onDevice(
    'name.assign',
    'no',
    'assign network names',
    'Owners, admins and operators name devices of lower rank, and themselves.',
  ),
  RevokeNetworkName: onDevice('name.assign', 'orders', 'remove network names', 'As assigning.'),
  CreateLabel: kind('label.define', 'no', 'define labels', 'Owners and admins define labels.'),
  DeleteLabel: kind('label.define', 'orders', 'delete labels', 'As defining; all its assignments go with it.'),
  AssignLabel: onDevice('label.assign', 'no', 'assign labels', 'Owners and operators, to devices of lower rank.'),
  RevokeLabel: onDevice('label.assign', 'orders', 'revoke labels', 'As assigning.'),
  CreateInvite: kind('device.add', 'no', 'invite devices', 'Who may add devices may invite them, in the same roles.'),
  RevokeInvite: kind(
    'device.remove',
    'hits',
    'revoke this invite',
    'Its creator while it could still make it, or who may remove devices and ranks above the creator.',
  ),
  AdmitDevice: kind('device.admit', 'no', 'admit devices', 'Owners and operators let in who shows an invite.'),
  RotateKey: kind('key.rotate', 'no', 'rotate the epoch key', 'Whoever removes devices also rotates.'),
  AddDeviceKey: kind(null, 'no', 'add keys of another device', 'A device adds keys to itself alone.'),
  RetireKey: onDeviceOrSelf(
    'device.remove',
    'hits',
    'retire keys of other devices',
    'A device retires its own keys; who may remove it may retire them, too.',
  ),
  AddNode: kind('node.govern', 'no', 'govern nodes', 'Owners say which nodes are in the swarm.'),
  RemoveNode: kind('node.govern', 'hits', 'govern nodes', 'Owners say which nodes are in the swarm.'),
  RotateSwarmKey: kind('node.govern', 'no', 'rotate the swarm key', 'Who governs the nodes governs their key.'),
  RetireSwarmKey: kind('node.govern', 'orders', 'retire a swarm key', 'Who governs the nodes governs their key.'),
  TrustOperator: kind('claim.govern', 'no', 'trust operators', 'Owners say whose tokens count.'),
  DistrustOperator: kind('claim.govern', 'orders', 'distrust operators', 'Owners say whose tokens count.'),
  RevokeClaim: kind('claim.govern', 'orders', 'revoke claims', 'Owners say whose tokens count.'),
} as const satisfies Record<string, KindPolicy>
export type Kind = keyof typeof kinds

/** True for a kind that this version judges. */
export function isKind(text: string): text is Kind {
  return Object.hasOwn(kinds, text)
}

/** The version of the law in CreateTeam; a team of a newer one is parked. */
export const policyVersion = 1
