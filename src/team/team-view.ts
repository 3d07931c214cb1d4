import { refuse, type Refusal } from '../base/index.ts'
import { fromHex, idText, looksLikeId, parseId, parsePublicIdentity, peerIdText, toHex } from '../codec/index.ts'
import type { Op } from './bodies.ts'
import { deviceId } from './key-bundle.ts'
import { defaultRoles, type Permission, type Role } from './policy.ts'
import type { Replica } from './replica.ts'
import { holdersOf, roleOf, type Member, type TeamState } from './state.ts'

/** A member for people: text ids. */
export interface MemberView {
  /** `dev_b…`. */
  readonly device: string
  /** PeerId of its identity key: the node's own, unless the identity is kept elsewhere. */
  readonly peer: string
  readonly name: string
  readonly role: string
  readonly rank: number
  readonly generation: number
  readonly owner: boolean
  /** `dev_b…` of who added it; null for who founded the team. */
  readonly addedBy: string | null
  readonly permissions: readonly Permission[]
  readonly labels: readonly { readonly label: string; readonly op: Op }[]
  readonly networkName: string | null
  /** Hex of the active keys, newest last. */
  readonly signingKeys: readonly string[]
  readonly encryptionKeys: readonly string[]
}

/** A team for people. */
export interface TeamView {
  /** `team_b…`. */
  readonly id: string
  /** Empty while nothing has been synced. */
  readonly name: string
  readonly open: boolean
  readonly synced: boolean
  /** Hex. */
  readonly stateHash: string
  /** `cmd_b…`. */
  readonly heads: readonly string[]
  readonly count: number
  readonly members: readonly MemberView[]
  /** Devices that signed commands beside each other (`dev_b…`), and how many of these are lost. */
  readonly forked: readonly { readonly device: string; readonly lost: number }[]
  readonly diverged: boolean
  /** Why the commands cannot be resolved, which is a bug: the view is that of an earlier moment. */
  readonly failure: string | undefined
  readonly heard: boolean
}

/** A role for people. */
export interface RoleView {
  readonly role: string
  readonly rank: number
  readonly permissions: readonly Permission[]
  readonly builtin: boolean
  readonly holders: number
}

/** Describes a replica. Members by rank, then name, then id. */
export function teamView(replica: Replica, team: Uint8Array): TeamView {
  const { state, graph } = replica
  return {
    id: idText('team', team),
    name: state.name,
    open: state.open,
    synced: replica.isSynced,
    stateHash: replica.isSynced ? toHex(replica.stateHash()) : '',
    heads: graph.heads().map(({ command }) => idText('cmd', command.id)),
    count: graph.size,
    members: membersOf(state),
    forked: graph.forked().map((deviceHex) => ({
      device: idText('dev', fromHex(deviceHex)),
      lost: replica.lostInForks(deviceHex),
    })),
    diverged: replica.isDiverged,
    failure: replica.failure(),
    heard: replica.isHeard,
  }
}

/** The members of a state for people. */
export function membersOf(state: TeamState): MemberView[] {
  const rows = [...state.members.values()].map((member) => memberView(state, member))
  return rows.sort((a, b) => b.rank - a.rank || compareText(a.name, b.name) || compareText(a.device, b.device))
}

/** The roles of a state, highest first. */
export function rolesOf(state: TeamState): RoleView[] {
  const roles: Role[] = [...defaultRoles.values(), ...state.roles.values()]
  return roles
    .map(({ role, rank, permissions, builtin }) => ({
      role,
      rank,
      permissions: [...permissions],
      builtin,
      holders: holdersOf(state, role),
    }))
    .sort((a, b) => b.rank - a.rank || compareText(a.role, b.role))
}

/**
 * The member that a text names: a `dev_b…` id, a PeerId or any other form of an identity key, or a name that only one
 * member has. ERR_TEAM_UNKNOWN_DEVICE, ERR_TEAM_AMBIGUOUS.
 */
export function resolveDevice(state: TeamState, text: string): Member | Refusal {
  const named = [...state.members.values()].filter(({ name }) => name === text)
  const [first] = named
  if (named.length > 1) return refuse('ERR_TEAM_AMBIGUOUS', { text, what: 'device' })
  const id = idOf(text)
  const member = id === undefined ? first : state.members.get(toHex(id))
  return member ?? refuse('ERR_TEAM_UNKNOWN_DEVICE', { device: text })
}

function idOf(text: string): Uint8Array | undefined {
  try {
    if (looksLikeId('dev', text)) return parseId('dev', text)
    return deviceId(parsePublicIdentity(text).pk)
  } catch {
    // Not an id: then it can only be a name.
    return undefined
  }
}

/** One member for people. */
export function memberView(state: TeamState, member: Member): MemberView {
  const role = roleOf(state, member.role)
  return {
    device: idText('dev', member.device),
    peer: peerIdText(member.identity),
    name: member.name,
    role: member.role,
    rank: role?.rank ?? 0,
    generation: member.generation,
    owner: member.role === 'owner',
    addedBy: member.admitted.byHex === member.deviceHex ? null : idText('dev', fromHex(member.admitted.byHex)),
    permissions: [...(role?.permissions ?? [])],
    labels: [...member.labels].map(([label, { op }]) => ({ label, op })).sort((a, b) => compareText(a.label, b.label)),
    networkName: member.networkName ?? null,
    signingKeys: member.signing.map((key) => toHex(key)),
    encryptionKeys: member.encryption.map((key) => toHex(key)),
  }
}

/** By code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
