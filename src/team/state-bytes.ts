import { labels } from '../base/index.ts'
import { encodeCbor, fromHex, type CborMap, type CborValue } from '../codec/index.ts'
import { labelledHash } from '../keys/index.ts'
import type { CustomRole, Epoch, GovernedNode, Invite, Member, SwarmKeyEntry, TeamState } from './state.ts'

/**
 * The state as canonical CBOR: the same bytes on every node that holds the same commands. A table that is empty is left
 * out, so that tables of later versions change nothing for teams that do not use them. Removals appear as generations;
 * which command wrote a fact is left out, but for the ids that commands name.
 */
export function encodeState(state: TeamState): Uint8Array {
  const { team, name, policy, open } = state
  const confirmed = [...state.leaves].filter(([, leave]) => leave.confirmed)
  const map: Record<string, CborValue> = { v: 1, team, name, policy, open, members: table(state.members, encodeMember) }
  const tables: Record<string, CborMap> = {
    generations: table(state.departures, (departure) => departure.generation),
    confirmed: table(new Map(confirmed), () => true),
    roles: table(state.roles, encodeRole),
    labels: table(state.labels, (at) => at),
    names: table(state.names, fromHex),
    invites: table(state.invites, encodeInvite),
    nodes: table(state.nodes, encodeNode),
    barred: table(state.barred, () => true),
    operators: table(state.operators, () => true),
    revokedClaims: table(state.revokedClaims, () => true),
  }
  for (const [key, rows] of Object.entries(tables)) if (Object.keys(rows).length > 0) map[key] = rows
  if (state.epochs.length > 0) map['epochs'] = state.epochs.map(encodeEpoch)
  if (state.epochsSpent > 0) map['spent'] = state.epochsSpent
  if (state.swarmKeys.length > 0) map['swarmKeys'] = state.swarmKeys.map(encodeSwarmKey)
  return encodeCbor(map)
}

/** State hash = SHA-256(`"hyrax/state/v1" ‖ 0 ‖ canonical CBOR of the state`). 32 bytes. */
export function stateHash(state: TeamState): Uint8Array {
  return labelledHash(labels.state, encodeState(state))
}

function encodeMember(member: Member): CborValue {
  const map: Record<string, CborValue> = {
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
  if (member.labels.size > 0) map['labels'] = table(member.labels, ({ op, at }) => [op, at])
  if (member.networkName !== undefined) map['network'] = member.networkName
  if (member.retired.size > 0) map['x'] = table(member.retired, ({ reason }) => reason)
  return map
}

function encodeRole({ at, rank, permissions }: CustomRole): CborValue {
  return { at, rank, p: [...permissions].sort() }
}

function encodeInvite(invite: Invite): CborValue {
  const { creator, key, labels: brought, maxUses, notAfter, role, roleAt, uses } = invite
  return {
    by: fromHex(creator),
    k: key,
    l: brought.map(([named, at, op]): CborValue => (op === undefined ? [named, at] : [named, at, op])),
    max: maxUses,
    role,
    roleAt,
    t: notAfter,
    u: uses,
  }
}

function encodeEpoch({ id, parents, recipientsHash, boxesHash }: Epoch): CborValue {
  return [id, [...parents], recipientsHash, boxesHash]
}

function encodeNode({ addrs, deviceHex }: GovernedNode): CborValue {
  return deviceHex === undefined ? { a: [...addrs] } : { a: [...addrs], d: fromHex(deviceHex) }
}

function encodeSwarmKey({ fingerprint, epoch, sealed, retired }: SwarmKeyEntry): CborValue {
  return [fingerprint, epoch, sealed, retired]
}

function table<T>(entries: ReadonlyMap<string, T>, encode: (entry: T) => CborValue): CborMap {
  // Without a prototype: a network may be called __proto__.
  const map = Object.create(null) as Record<string, CborValue>
  // Sorted by the encoder, whatever the order of arrival.
  for (const [key, entry] of entries) map[key] = encode(entry)
  return map
}
