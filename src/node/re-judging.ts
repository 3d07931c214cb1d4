import type { OperationOutput } from '../operations/index.ts'
import type { Swarm } from '../swarm/index.ts'
import type { ListDigestBook } from './list-digests.ts'

type Cut = OperationOutput<'permissioned.add'>['cut']
type Differing = OperationOutput<'permissioned.status'>['differing']

/** Judges every live connection of the swarm again and cuts those that no longer pass. */
export function rejudge(swarm: Swarm | undefined): Cut {
  if (swarm === undefined) return { peers: [], ms: 0 }
  const { cut, ms } = swarm.rejudge()
  return { peers: cut, ms }
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
