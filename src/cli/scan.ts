import type { NodeAddress } from '../codec/index.ts'
import { identifyNode } from '../client/index.ts'
import { checkedPoint, generateIdentity, openKeys, systemRandom } from '../keys/index.ts'

/** The PeerId that answers at an address. Shows an identity made for this call alone. */
export async function scanNode(address: NodeAddress, timeoutMs: number): Promise<{ peer: string }> {
  const identity = generateIdentity(systemRandom)
  const { peer, publicKey } = await identifyNode(address, { identity }, { timeoutMs })
  checkedPoint(await openKeys(), publicKey)
  return { peer }
}
