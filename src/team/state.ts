import { labels } from '../base/index.ts'
import { encodeCbor, type CborMap, type CborValue } from '../codec/index.ts'
import { labelledHash } from '../keys/index.ts'
import { defaultRoles, type Role } from './policy.ts'
import { Table } from './table.ts'

/** Order of two devices or commands that rank alike: (depth, id) of a command; smaller is more senior. */
export interface Seniority {
  readonly depth: number
  readonly idHex: string
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
  readonly name: string
  /** Ed25519 identity key. */
  readonly identity: Uint8Array
  /** Sequence number of its bundle. */
  readonly bundle: number
  readonly signing: readonly Uint8Array[]
  readonly encryption: readonly Uint8Array[]
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

/** What a set of commands amounts to. Never changed in place; maps are keyed by lower-case hex of ids. */
export interface TeamState {
  readonly team: Uint8Array
  readonly name: string
  readonly policy: number
  readonly open: boolean
  readonly members: Table<Member>
  readonly departures: Table<Departure>
  /** Custom roles; the default ones are part of the policy. */
  readonly roles: ReadonlyMap<string, Role>
}

/** The state before CreateTeam. */
export const emptyState: TeamState = {
  team: new Uint8Array(32),
  name: '',
  policy: 0,
  open: false,
  members: new Table(),
  departures: new Table(),
  roles: new Map(),
}

/** The role of that name, default or custom. */
export function roleOf(state: TeamState, name: string): Role | undefined {
  return defaultRoles.get(name) ?? state.roles.get(name)
}

/** Id that an author must name beside a role: of the command that made it, or the team's for a default role. */
export function roleOrigin(state: TeamState, name: string): Uint8Array | undefined {
  return defaultRoles.has(name) ? state.team : undefined
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
  for (const member of state.members.values()) if (member.role === role) holders++
  return holders
}

/**
 * The state as canonical CBOR: the same bytes on every node that holds the same commands. A table that is empty is left
 * out, so that tables of later versions change nothing for teams that do not use them. Removals appear as generations.
 */
export function encodeState(state: TeamState): Uint8Array {
  const { team, name, policy, open } = state
  const map: Record<string, CborValue> = { v: 1, team, name, policy, open }
  map['members'] = table(state.members, encodeMember)
  if (state.departures.size > 0) map['generations'] = table(state.departures, (departure) => departure.generation)
  return encodeCbor(map)
}

/** State hash = SHA-256(`"hyrax/state/v1" ‖ 0 ‖ canonical CBOR of the state`). 32 bytes. */
export function stateHash(state: TeamState): Uint8Array {
  return labelledHash(labels.state, encodeState(state))
}

function encodeMember(member: Member): CborValue {
  return {
    a: member.admitted.id,
    d: member.admitted.depth,
    e: [...member.encryption],
    g: member.generation,
    i: member.identity,
    n: member.bundle,
    name: member.name,
    role: member.role,
    roleAt: member.roleAt,
    s: [...member.signing],
  }
}

function table<T>(entries: ReadonlyMap<string, T>, encode: (entry: T) => CborValue): CborMap {
  const map: Record<string, CborValue> = {}
  // Sorted by the encoder, whatever the order of arrival.
  for (const [key, entry] of entries) map[key] = encode(entry)
  return map
}
