import { fail } from '../../base/index.ts'
import { formatSwarmKey, parseSwarmKey, peerIdText } from '../../codec/index.ts'
import { readIdentityText } from '../../keys/index.ts'
import type { Handlers, NodeParts } from '../parts.ts'
import { peerRow } from '../peer-row.ts'

type SwarmsOperation =
  | 'swarms.show'
  | 'swarms.peers'
  | 'swarms.connect'
  | 'swarms.disconnect'
  | 'swarms.addresses'
  | 'swarms.ping'
  | 'swarms.export'
  | 'swarms.import'

/** `ax swarms …`. */
export function swarmsHandlers(parts: NodeParts): Handlers<SwarmsOperation> {
  const { swarm, swarmKey } = parts
  const peerOf = (text: string): string => peerIdText(readIdentityText(parts.keys, text))
  return {
    'swarms.show': () => ({
      fingerprint: swarmKey.fingerprint,
      published: swarmKey.published,
      addresses: swarm.addresses(),
      bootstrapNodes: [...parts.options.peers, ...parts.settings.effective().swarm.bootstrapNodes],
      peers: swarm.peers().length,
    }),
    'swarms.peers': () => ({ peers: swarm.peers().map((peer) => peerRow(parts, peer)) }),
    'swarms.connect': async ({ address }) => {
      const peer = await swarm.connect(address)
      return { peer, name: swarm.peers().find((known) => known.peer === peer)?.name ?? '' }
    },
    'swarms.disconnect': async ({ peer }) => {
      const id = peerOf(peer)
      const closed = await swarm.disconnect(id)
      if (closed === 0) throw fail('ERR_NODE_NOT_FOUND', { what: 'connection with', name: id })
      return { peer: id, closed }
    },
    'swarms.addresses': () => ({ addresses: swarm.addresses() }),
    'swarms.ping': async ({ peer }) => {
      const id = peerOf(peer)
      return { peer: id, ms: await swarm.ping(id) }
    },
    'swarms.export': ({ format }) => ({
      key: formatSwarmKey(swarmKey.key, format),
      fingerprint: swarmKey.fingerprint,
    }),
    'swarms.import': async ({ key }) => {
      const fingerprint = await swarmKey.replace(parseSwarmKey(key))
      return { fingerprint, restartNeeded: true }
    },
  }
}
