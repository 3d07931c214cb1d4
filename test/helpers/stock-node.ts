import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import type { ConnectionGater } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { formatSwarmKey } from '../../src/codec/index.ts'

/** A libp2p node as its authors ship it, with the stock swarm-key protector: the oracle, and the opponent. */
export async function createStockNode(
  swarmKey: Uint8Array | undefined,
  options: {
    localAddress?: string
    listen?: string[]
    defaults?: boolean
    gater?: ConnectionGater
    pendingMax?: number
  } = {},
) {
  const psk = swarmKey === undefined ? undefined : new TextEncoder().encode(formatSwarmKey(swarmKey, 'file'))
  return createLibp2p({
    addresses: { listen: options.listen ?? ['/ip4/127.0.0.1/tcp/0'] },
    transports: [
      tcp(options.localAddress === undefined ? {} : { dialOpts: { localAddress: options.localAddress } as never }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    ...(psk === undefined ? {} : { connectionProtector: preSharedKey({ psk }) }),
    ...(options.defaults === true
      ? {}
      : {
          connectionManager: {
            inboundConnectionThreshold: 1_000_000,
            maxIncomingPendingConnections: options.pendingMax ?? 10,
          },
        }),
    ...(options.gater === undefined ? {} : { connectionGater: options.gater }),
    services: { identify: identify(), ping: ping() },
  })
}

export type StockNode = Awaited<ReturnType<typeof createStockNode>>
