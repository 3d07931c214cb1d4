/**
 * Names of the door's rights and roles (`FORMATS.md` 4), shared by access, operations and claims.
 * These are door roles; the roles of a team (`TEAM.md` 2.1) are others.
 */
export const doorRights = [
  'admin:read',
  'admin:nodes',
  'admin:team',
  'admin:data',
  'admin:settings',
  'admin:keys',
] as const
export type DoorRight = (typeof doorRights)[number]

export const doorRoles = {
  reader: ['admin:read'],
  editor: ['admin:read', 'admin:nodes', 'admin:team', 'admin:data'],
  admin: doorRights,
} as const satisfies Record<string, readonly DoorRight[]>
export type DoorRole = keyof typeof doorRoles

/** True where the role holds the right. */
export function roleHolds(role: DoorRole, right: DoorRight): boolean {
  return (doorRoles[role] as readonly DoorRight[]).includes(right)
}
