import { refuse, type Refusal } from '../base/index.ts'
import type { Act } from './bodies.ts'
import type { Command, Envelope } from './command.ts'
import type { Form } from './fields.ts'
import { kinds, type Permission, type Role } from './policy.ts'
import type { Member, TeamState } from './state.ts'

/** Who authored an act, as the check needs it. */
export type Author = Pick<Envelope, 'author' | 'key' | 'generation'> & { readonly authorHex: string }

/** Facts that are not in the state: of the bytes, which only libsodium knows, and of where the act is judged. */
export interface KeyFacts {
  /** True where an Ed25519 key in the payload is no acceptable point. */
  readonly weak: boolean
  /** True where the two signatures of an AdmitDevice's claim hold, under the key of its invite. */
  readonly claimHolds: boolean
  /** True in `view(c)`, false in replay: retired keys and recipients are judged at origin alone (R5). */
  readonly isOrigin: boolean
}

/** The facts in replay: what stands in the graph passed its origin's check. */
export const replayFacts: KeyFacts = { weak: false, claimHolds: true, isOrigin: false }

/** What the stages of the check share about one act. */
export interface Case {
  readonly state: TeamState
  readonly act: Act
  readonly author: Author
  readonly facts: KeyFacts
  readonly member: Member
  readonly role: Role
  /** The device that the act is about, as hex; empty where there is none. */
  readonly targetHex: string
}

/** What `apply` needs of the command around an act. */
export type Applied = Pick<Command, 'id' | 'idHex' | 'depth' | 'author' | 'authorHex'>

/** A part of the check: why not, or undefined. */
type Part<B> = (at: Case, body: B) => Refusal | undefined

/**
 * One kind's law: its form, what is its own at each stage of the check, and its effect. The order of the stages stands in
 * `check`; a stage that is not here has only what is common to all kinds.
 */
export interface Law<B> {
  readonly form: Form<B>
  /** Which member has not its form in the light of the others. */
  readonly whole?: (body: B) => string | undefined
  /** The permissions that it needs, here the ones of the table unless said. */
  readonly needs?: (at: Case, body: B) => readonly Permission[]
  /** Who may not, whatever its permissions. */
  readonly mayNot?: Part<B>
  readonly known?: Part<B>
  readonly fresh?: Part<B>
  readonly rank?: Part<B>
  readonly own?: Part<B>
  /** Its effect, cascades included. Called only after the check succeeded. */
  readonly apply: (state: TeamState, body: B, command: Applied) => TeamState
}

export function duplicate(what: string): Refusal {
  return refuse('ERR_TEAM_DUPLICATE', { what })
}

/** Refused for rank: what was needed, what the author has; and its ceiling, where that is what stands in the way. */
export function tooLow({ act, role }: Case, rankNeeded: number): Refusal {
  const { action } = kinds[act.kind]
  const limited =
    rankNeeded < role.rank ? ` (role '${role.role}' gives and takes roles up to rank ${role.ceiling})` : ''
  return refuse('ERR_TEAM_RANK_TOO_LOW', { rankNeeded, rankHeld: role.rank, action: `${action}${limited}` })
}

export function noPermission(at: Case, permission: Permission | 'none'): Refusal {
  const policy = kinds[at.act.kind]
  const action = permission === policy.permission || permission === 'none' ? policy.action : actions[permission]
  return refuse('ERR_TEAM_NO_PERMISSION', { role: at.role.role, action, permission })
}

/** What a permission is for, where a kind needs it beside its own. */
const actions: Readonly<Record<Permission, string>> = {
  'team.close': 'close the team',
  'device.add': 'add devices',
  'device.admit': 'admit devices',
  'device.remove': 'remove devices',
  'role.assign': 'assign this role',
  'role.revoke': 'revoke roles',
  'role.assign-user': 'assign this role',
  'label.define': 'define labels',
  'label.assign': 'assign labels',
  'name.assign': 'assign network names',
  'channel.use': 'use channels',
  'role.define': 'define roles',
  'node.govern': 'govern nodes',
  'key.rotate': 'rotate the epoch key',
  'claim.govern': 'govern claims',
}

/** Refused where there is no room for one more. */
export function full(what: string, found: number, limit: number): Refusal | undefined {
  return found >= limit ? refuse('ERR_TEAM_LIMIT', { found, what, limit }) : undefined
}
