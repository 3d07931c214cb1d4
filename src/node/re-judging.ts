import type { Gate } from '../access/index.ts'
import type { OperationOutput } from '../operations/index.ts'
import type { Swarm } from '../swarm/index.ts'
import type { ListDigestBook } from './list-digests.ts'
import type { RememberedPeer } from './peer-book.ts'

type Cut = OperationOutput<'permissioned.add'>['cut']
type Differing = OperationOutput<'permissioned.status'>['differing']

export interface RejudgingParts {
  readonly gate: Gate
  readonly swarm: () => Pick<Swarm, 'rejudge' | 'remember'> | undefined
  /** Peers that were welcomed once, and where. */
  readonly remembered: () => readonly RememberedPeer[]
}

/**
 * Judges every live connection of the swarm again and cuts those that no longer pass. Who was out and is in again is
 * dialled where it was: the dialer forgot it when it was barred, and after being refused it waits for minutes itself.
 */
export function createRejudge({ gate, swarm, remembered }: RejudgingParts): () => Cut {
  let out: readonly RememberedPeer[] = []
  return () => {
    const judging = swarm()
    if (judging === undefined) return { peers: [], ms: 0 }
    const { cut, ms } = judging.rejudge()
    const passes = ({ peer }: RememberedPeer): boolean => gate.admitDial(peer).kind === 'admit'
    for (const back of out.filter(passes)) judging.remember(back.peer, back.addresses)
    out = remembered().filter((known) => !passes(known))
    return { peers: cut, ms }
  }
}

/** Aborts every connection with these peers: sockets close, nothing they have sent is handled any more. */
export function abortPeers(swarm: Swarm | undefined, peers: readonly string[], now: () => number): Cut {
  if (swarm === undefined) return { peers: [], ms: 0 }
  const start = now()
  const cut = peers.filter((peer) => {
    const connections = swarm.host.connections(peer)
    for (const connection of connections) connection.abort('ERR_ACCESS_NOT_PERMISSIONED')
    return connections.length > 0
  })
  return { peers: cut, ms: now() - start }
}

/** Peers whose hello showed other lists than ours. A hazard: they may refuse whom we admit (seed of row Q5). */
export function differingLists(swarm: Swarm | undefined, digests: ListDigestBook): Differing {
  if (swarm === undefined || digests.own === null) return []
  return swarm.peers().flatMap(({ peer, name, gate, lists }) => {
    if (lists === null || gate !== 'permissioned') return []
    return digests.differing(lists).map((list) => ({ peer, name, list }))
  })
}
