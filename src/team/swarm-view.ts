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
  const nodes = state.open ? [...state.nodes.values()] : []
  const listed = new Set(nodes.map(({ peer }) => peer))
  const removed = new Set(state.barred.keys())
  for (const [deviceHex, { identity }] of state.departures) {
    const peer = peerIdText(identity)
    if (!state.members.has(deviceHex) && !listed.has(peer)) removed.add(peer)
  }
  const swarmKeys = state.swarmKeys.map((entry) => ({ ...entry, fingerprintHex: toHex(entry.fingerprint) }))
  return { listed, removed, nodes, swarmKeys }
}
