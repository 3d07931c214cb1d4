import { peerIdText, toHex } from '../codec/index.ts'
import type { GovernedNode, SwarmKeyEntry, TeamState } from './state.ts'

/** What a team says of the swarm that it governs: facts for the gate, the dialer and the ring of swarm keys. */
export interface SwarmView {
  /** Peers on the team's list: those that AddNode named. A member is not on it by being one. */
  readonly listed: ReadonlySet<string>
  /** Peers that are out, whatever a node's own file says: removed by RemoveNode, or of a device that was removed. */
  readonly removed: ReadonlySet<string>
  readonly nodes: readonly GovernedNode[]
  /** In replay order, the newest last, with their fingerprints as people see them. */
  readonly swarmKeys: readonly (SwarmKeyEntry & { readonly fingerprintHex: string })[]
}

/** Reads it from a state. A team that is closed lists nobody; whom it removed stays out. */
export function swarmView(state: TeamState): SwarmView {
  const removed = new Set(state.barred.keys())
  for (const [deviceHex, { identity, generation }] of state.departures) {
    const peer = peerIdText(identity)
    // Named after its last removal, or a member again: the team wants it.
    const isNamedSince = (state.nodes.get(peer)?.removals ?? -1) >= generation
    if (!state.members.has(deviceHex) && !isNamedSince) removed.add(peer)
  }
  const nodes = state.open ? [...state.nodes.values()].filter(({ peer }) => !removed.has(peer)) : []
  const listed = new Set(nodes.map(({ peer }) => peer))
  const swarmKeys = state.swarmKeys.map((entry) => ({ ...entry, fingerprintHex: toHex(entry.fingerprint) }))
  return { listed, removed, nodes, swarmKeys }
}
