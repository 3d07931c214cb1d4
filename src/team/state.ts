import type { InviteLabel, Op, RetireReason } from './bodies.ts'
import type { Recipient } from './epoch.ts'
import { defaultRoles, type Permission, type Role } from './policy.ts'
import { Table } from './table.ts'

/** Order of two devices or commands that rank alike: (depth, id) of a command; smaller is more senior. */
export interface Seniority {
  readonly depth: number
  readonly idHex: string
}

/** A label that a device holds. `at` is the id of the label's CreateLabel, `by` the hex id of what assigned it. */
export interface HeldLabel {
  readonly op: Op
  readonly at: Uint8Array
  readonly by: string
}

/** A key that may be used no more. */
export interface RetiredKey {
  readonly reason: RetireReason
}

/** A device that is in the team now. */
export interface Member {
  readonly device: Uint8Array
  readonly deviceHex: string
  /** Times it was removed from this team before. */
  readonly generation: number
  readonly role: string
  /** Id of the command that made the role; for default roles the team id. */
  readonly roleAt: Uint8Array
  /** Hex id of the command that gave it this role: its admission, AssignRole or RevokeRole. */
  readonly roleBy: string
  readonly name: string
  /** Ed25519 identity key. */
  readonly identity: Uint8Array
  /** Sequence number of its bundle. */
  readonly bundle: number
  /** Active keys, newest last. */
  readonly signing: readonly Uint8Array[]
  readonly encryption: readonly Uint8Array[]
  /** Hex of a key to the hex id of its AddDeviceKey. Keys that came with the admission are not in it. */
  readonly keyBy: ReadonlyMap<string, string>
  /** Hex of the keys it had in this generation and that are retired. */
  readonly retired: ReadonlyMap<string, RetiredKey>
  readonly labels: ReadonlyMap<string, HeldLabel>
  readonly networkName?: string
  /** Id of the command that admitted it in this generation, that one's depth, and its author. */
  readonly admitted: Seniority & { readonly id: Uint8Array; readonly byHex: string }
}

/** A device that was removed: how often, and by which command last. */
export interface Departure {
  readonly device: Uint8Array
  readonly identity: Uint8Array
  /** The generation it will have when it is added again. */
  readonly generation: number
  /** Hex id of the command that removed it. */
  readonly removedBy: string
}

/** A self-removal; `generation` is the one that ended with it. */
export interface Leave {
  readonly id: Uint8Array
  readonly device: Uint8Array
  readonly deviceHex: string
  readonly generation: number
  readonly confirmed: boolean
}

/** A custom role. */
export interface CustomRole extends Role {
  /** Id of its CreateRole. */
  readonly at: Uint8Array
  /** Hex id of the command that gave each permission: CreateRole or AddPermission. */
  readonly sources: ReadonlyMap<Permission, string>
}

/** An open invite, or one that is used up. */
export interface Invite {
  readonly id: Uint8Array
  /** Ed25519 key that claims are signed with. */
  readonly key: Uint8Array
  readonly role: string
  readonly roleAt: Uint8Array
  readonly labels: readonly InviteLabel[]
  readonly maxUses: number
  readonly uses: number
  /** ms; judged by who admits. */
  readonly notAfter: number
  /** Hex of the device that made it. */
  readonly creator: string
}

/** An epoch of sealed data, in replay order. */
export interface Epoch {
  readonly id: Uint8Array
  readonly idHex: string
  readonly parents: readonly Uint8Array[]
  readonly recipients: readonly Recipient[]
  /** SHA-256 of the canonical list of recipients. */
  readonly recipientsHash: Uint8Array
  readonly boxesHash: Uint8Array
  /** Hex id of its RotateKey. */
  readonly by: string
}

/** A node that the team admits to the swarm it governs. */
export interface GovernedNode {
  readonly peer: string
  readonly addrs: readonly string[]
  /** Hex of the device it is bound to. */
  readonly deviceHex?: string
  /** Times the device of the peer's own key had been removed when the team named it; no part of the encoded state. */
  readonly removals: number
}

/** A key of the governed swarm, in replay order. */
export interface SwarmKeyEntry {
  readonly fingerprint: Uint8Array
  /** Id of the epoch that it is sealed under. */
  readonly epoch: Uint8Array
  readonly sealed: Uint8Array
  readonly retired: boolean
}

/** What RevokeClaim said. */
export interface RevokedClaim {
  readonly jti?: string
  readonly key?: Uint8Array
  /** s; absent beside a key: the account and all below it. */
  readonly notAfter?: number
}

/** What a set of commands amounts to. Never changed in place; tables are keyed by lower-case hex of ids unless said. */
export interface TeamState {
  readonly team: Uint8Array
  readonly name: string
  readonly policy: number
  readonly open: boolean
  readonly members: Table<Member>
  readonly departures: Table<Departure>
  /** By hex id of the self-removal. */
  readonly leaves: Table<Leave>
  /** Custom roles by name; the default ones are part of the policy. */
  readonly roles: Table<CustomRole>
  /** Ids of the CreateLabels, by label. */
  readonly labels: Table<Uint8Array>
  /** Hex of the device, by network name. */
  readonly names: Table<string>
  /** By hex id of the CreateInvite. */
  readonly invites: Table<Invite>
  readonly epochs: readonly Epoch[]
  /** How many epochs there were when last a device was removed or a key was stolen: with those nothing is sealed. */
  readonly epochsSpent: number
  /** By peer id. */
  readonly nodes: Table<GovernedNode>
  /** Hex id of the command that barred it, by peer id. */
  readonly barred: Table<string>
  readonly swarmKeys: readonly SwarmKeyEntry[]
  /** Keys of trusted operators, by their hex. */
  readonly operators: Table<Uint8Array>
  /** By `revokedClaimKey`. */
  readonly revokedClaims: Table<RevokedClaim>
}

/** The state before CreateTeam. */
export const emptyState: TeamState = {
  team: new Uint8Array(32),
  name: '',
  policy: 0,
  open: false,
  members: new Table(),
  departures: new Table(),
  leaves: new Table(),
  roles: new Table(),
  labels: new Table(),
  names: new Table(),
  invites: new Table(),
  epochs: [],
  epochsSpent: 0,
  nodes: new Table(),
  barred: new Table(),
  swarmKeys: [],
  operators: new Table(),
  revokedClaims: new Table(),
}

/** The role of that name, default or custom. */
export function roleOf(state: TeamState, name: string): Role | undefined {
  return defaultRoles.get(name) ?? state.roles.get(name)
}

/** Id that an author must name beside a role: of the command that made it, or the team's for a default role. */
export function roleOrigin(state: TeamState, name: string): Uint8Array | undefined {
  return defaultRoles.has(name) ? state.team : state.roles.get(name)?.at
}

/** Rank of a member; 0 for who is none. */
export function rankOf(state: TeamState, deviceHex: string): number {
  const member = state.members.get(deviceHex)
  return member === undefined ? 0 : (roleOf(state, member.role)?.rank ?? 0)
}

/** Times a device was removed so far: the generation it has, or will have when it is added. */
export function generationOf(state: TeamState, deviceHex: string): number {
  return state.departures.get(deviceHex)?.generation ?? 0
}

/** Members that hold that role. */
export function holdersOf(state: TeamState, role: string): number {
  let holders = 0
  state.members.forEach((member) => {
    if (member.role === role) holders++
  })
  return holders
}
