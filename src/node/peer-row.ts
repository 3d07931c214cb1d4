import type { OperationOutput } from '../operations/index.ts'
import { isoTime, type NodeParts } from './parts.ts'

type PeerInfo = ReturnType<NodeParts['swarm']['peers']>[number]
type PeerRow = OperationOutput<'swarms.peers'>['peers'][number]

/** One connection of the swarm as people see it, with the gate's verdict on it now. */
export function peerRow(parts: NodeParts, peer: PeerInfo): PeerRow {
  const verdict = parts.lists.gate.mayStay(peer.peer)
  return {
    peer: peer.peer,
    name: peer.name,
    agent: peer.agent,
    state: peer.state,
    direction: peer.direction,
    address: peer.remoteAddr,
    addresses: [...peer.addrs],
    since: isoTime(peer.since),
    latencyMs: peer.latency ?? null,
    verdict: verdict.kind === 'admit' ? 'admitted' : 'refused',
    because: verdict.kind === 'admit' ? verdict.because : verdict.code,
    swarmKey: peer.swarmKey,
    device: parts.teams.deviceOf(peer.peer) ?? null,
  }
}
