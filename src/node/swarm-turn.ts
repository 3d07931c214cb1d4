import { fail } from '../base/index.ts'
import { swarmKeyFingerprint } from '../keys/index.ts'
import type { OperationOutput } from '../operations/index.ts'
import type { NodeParts } from './parts.ts'

type Cut = OperationOutput<'permissioned.add'>['cut']
type RingRow = OperationOutput<'swarms.show'>['keys'][number]
type Parts = Pick<NodeParts, 'swarm' | 'swarmKey'>

/** This key is dialled with from now on, those before are accepted beside it: on the disk first, then on the wire. */
export async function turnTo({ swarm, swarmKey }: Parts, key: Uint8Array): Promise<boolean> {
  const turned = await swarmKey.turn(key)
  swarm.setKeys(swarmKey.keys)
  return turned
}

/** That key is refused from now on, and who uses it is cut. `ERR_NODE_NOT_FOUND` where it is none of ours. */
export async function retireKey({ swarm, swarmKey }: Parts, fingerprint: string): Promise<Cut> {
  if (!(await swarmKey.retire(fingerprint))) throw fail('ERR_NODE_NOT_FOUND', { what: 'swarm key', name: fingerprint })
  const { cut, ms } = swarm.setKeys(swarmKey.keys)
  return { peers: cut, ms }
}

/** The keys of this node as people see them: which is the newest, and who still speaks which. */
export function ringRows({ swarm, swarmKey }: Parts): RingRow[] {
  const peers = swarm.peers()
  return swarmKey.keys.map((key, index) => {
    const fingerprint = swarmKeyFingerprint(key)
    const using = peers.filter((peer) => peer.swarmKey === fingerprint)
    return { fingerprint, newest: index === 0, peers: using.map(({ peer }) => peer) }
  })
}
