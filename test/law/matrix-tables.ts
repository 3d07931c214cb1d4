/**
 * The matrix of the law, written by hand from section 2 of the page, and not from the code: who (rows) may do what over
 * whom (columns), and which code comes first where not. `page` says what a table was read from.
 */

/** Rows and columns of every table. `manager` is the catalogue's; `clerk` the weak custom role: see `clerkRole`. */
export const roles = ['owner', 'admin', 'manager', 'operator', 'clerk', 'user', 'sync-role'] as const
export type RoleName = (typeof roles)[number]

/** Rank 650: above users, below operators. */
export const clerkRole = { rank: 650, permissions: ['device.remove', 'label.assign', 'role.revoke'] }

/** What the letters in the tables stand for; `.` is allowed. */
export const codes: Readonly<Record<string, string>> = {
  '.': 'ok',
  P: 'NO_PERMISSION',
  R: 'RANK_TOO_LOW',
  D: 'DUPLICATE',
  B: 'ROLE_BUILTIN',
  U: 'ROLE_IN_USE',
  I: 'UNKNOWN_INVITE',
  X: 'UNKNOWN_PERMISSION',
  N: 'BAD_PARENT',
}

/** A row for each role that acts; seven letters, a column each. */
type Rows = Readonly<Record<RoleName, string>>

export interface KindTable {
  /** The columns: over another device (or role, or creator) of that role. */
  readonly other: Rows
  /** Over itself: a letter for each role. Where the kind has no target it is the same column of `other` again. */
  readonly self: string
  /** True where it names a device, role or label as its author saw it. */
  readonly isBound?: true
  /** Not even the close comes before this: it is a matter of structure. */
  readonly isStructure?: true
}

/** Everybody the same, whatever the column. */
function whoever(letters: string): Rows {
  const rows = roles.map((role, i) => [role, (letters[i] ?? '?').repeat(roles.length)] as const)
  return Object.fromEntries(rows) as unknown as Rows
}

/** A kind without a target device: a letter for each role that acts. */
function plain(letters: string): KindTable {
  return { other: whoever(letters), self: letters }
}

const nobody = 'PPPPPPP'

/** Page 2.1, "add a (new) device": the role must be `sync-role` or one the author may assign (2.4, AddDevice). */
const admits: Rows = {
  owner: '.......',
  admin: nobody,
  manager: 'RRR....',
  operator: 'PPPPP..',
  clerk: nobody,
  user: nobody,
  'sync-role': nobody,
}

/** Page 2.1, "remove a device of lower rank", and the rank rules: equals cannot touch each other. */
const removes: Rows = {
  owner: 'R......',
  admin: nobody,
  manager: 'RRR....',
  operator: 'RRRR...',
  clerk: 'RRRRR..',
  user: nobody,
  'sync-role': nobody,
}

/** Page 2.1, network names: owners, admins, operators, and `manager`; of lower rank. No ceiling: no role is given. */
const names: Rows = {
  owner: 'R......',
  admin: 'RRR....',
  manager: 'RRR....',
  operator: 'RRRR...',
  clerk: nobody,
  user: nobody,
  'sync-role': nobody,
}

/** Page 2.1, "assign and revoke labels": owners and operators; `manager` and `clerk` hold `label.assign`. */
const labels: Rows = {
  owner: 'R......',
  admin: nobody,
  manager: 'RRR....',
  operator: 'RRRR...',
  clerk: 'RRRRR..',
  user: nobody,
  'sync-role': nobody,
}

/**
 * AssignRole with `user`, over a device that holds the column's role. Admins and managers up to 700 and 799; operators and
 * owners too. Who holds `user` already: DUPLICATE, the kind's own and so the last.
 */
const givesUser: Rows = {
  owner: 'R....D.',
  admin: 'RRR..D.',
  manager: 'RRR..D.',
  operator: 'RRRR.D.',
  clerk: nobody,
  user: nobody,
  'sync-role': nobody,
}

/** AssignRole with `operator`: `role.assign` alone. For an admin 700 is the ceiling, and included. */
const givesOperator: Rows = {
  owner: 'R..D...',
  admin: 'RRRD...',
  manager: 'RRRD...',
  operator: nobody,
  clerk: nobody,
  user: nobody,
  'sync-role': nobody,
}

/** AssignRole with `owner`: an owner may, nobody else; equals cannot touch each other, not even to give the same. */
const givesOwner: Rows = {
  owner: 'R......',
  admin: 'RRRRRRR',
  manager: 'RRRRRRR',
  operator: nobody,
  clerk: nobody,
  user: nobody,
  'sync-role': nobody,
}

/** RevokeRole: `role.revoke`, within the ceiling; `sync-role` cannot be revoked. */
const revokes: Rows = {
  owner: 'R.....D',
  admin: 'RRR...D',
  manager: 'RRR...D',
  operator: nobody,
  clerk: 'RRRRR.D',
  user: nobody,
  'sync-role': nobody,
}

/** RevokeInvite, columns: who made it. Nobody below device.add has open invites: such an invite is gone. */
const revokesInvite: Rows = {
  owner: 'RI..III',
  admin: 'PPPPPPP',
  manager: 'RIR.III',
  operator: 'RIRRIII',
  clerk: 'RIRRIII',
  user: nobody,
  'sync-role': nobody,
}

/** DeleteRole, columns: the role. `role.define` and a higher rank than the role's; then what is built in, then in use. */
const deletesRole: Rows = { ...whoever(nobody), owner: 'RBUBUBB' }
/** AddPermission(`label.define`): the manager has it, the clerk has not. */
const addsPermission: Rows = { ...whoever(nobody), owner: 'RBDB.BB' }
/** RemovePermission(`label.define`): the manager has it, the clerk has not. */
const removesPermission: Rows = { ...whoever(nobody), owner: 'RB.BXBB' }

/** Who may govern what only owners govern: no default role but theirs has it. */
const ownersAlone = '.PPPPPP'

/** One for each kind of command; several of AssignRole, one for each role that is given. */
export const tables: Readonly<Record<string, KindTable>> = {
  CreateTeam: { ...plain('NNNNNNN'), isStructure: true },
  CloseTeam: plain(ownersAlone),
  AddDevice: { other: admits, self: 'DPRPPPP', isBound: true },
  RemoveDevice: { other: removes, self: '.......', isBound: true },
  ConfirmLeave: { other: whoever('.......'), self: nobody, isBound: true },
  'AssignRole user': { other: givesUser, self: '.....PP', isBound: true },
  'AssignRole operator': { other: givesOperator, self: '...PPPP', isBound: true },
  'AssignRole owner': { other: givesOwner, self: 'RRRPPPP', isBound: true },
  RevokeRole: { other: revokes, self: '......D', isBound: true },
  CreateRole: plain(ownersAlone),
  DeleteRole: { other: deletesRole, self: 'RPPPPPP', isBound: true },
  AddPermission: { other: addsPermission, self: 'RPPPPPP', isBound: true },
  RemovePermission: { other: removesPermission, self: 'RPPPPPP', isBound: true },
  AssignNetworkName: { other: names, self: '....PPP', isBound: true },
  RevokeNetworkName: { other: names, self: '....PPP', isBound: true },
  CreateLabel: plain('...PPPP'),
  DeleteLabel: { ...plain('...PPPP'), isBound: true },
  AssignLabel: { other: labels, self: 'RPRRRPP', isBound: true },
  RevokeLabel: { other: labels, self: 'RPRRRPP', isBound: true },
  CreateInvite: { other: admits, self: '.PRPPPP', isBound: true },
  RevokeInvite: { other: revokesInvite, self: '.P..IPP' },
  AdmitDevice: { other: whoever('.P..PPP'), self: 'DPDDPPP', isBound: true },
  RotateKey: plain('.P..PPP'),
  AddDeviceKey: { other: whoever(nobody), self: '.......' },
  RetireKey: { other: removes, self: '.......', isBound: true },
  AddNode: { ...plain(ownersAlone), isBound: true },
  RemoveNode: plain(ownersAlone),
  RotateSwarmKey: plain(ownersAlone),
  RetireSwarmKey: plain(ownersAlone),
  TrustOperator: plain(ownersAlone),
  DistrustOperator: plain(ownersAlone),
  RevokeClaim: plain(ownersAlone),
}

/** Letters that come before what was seen is compared with what is (2.7): structure, permission, target known. */
export const beforeStaleness = 'NPI'
