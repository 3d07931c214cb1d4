import { noise, type ICryptoInterface } from '@chainsafe/libp2p-noise'
import { defaultCrypto } from '@chainsafe/libp2p-noise/crypto'
import type { AbortOptions, ConnectionEncrypter, MessageStream, SecureConnectionOptions } from '@libp2p/interface'
import { fail, type Randomness } from '../base/index.ts'
import type { Keys } from '../keys/index.ts'
import { reportToDial } from './dial-report.ts'

/**
 * Bytes that may wait for the socket below Noise. A peer that never reads but makes us answer (muxer pings) fills it,
 * and is cut; the library has no bound here.
 */
const waitingBytesMax = 4_194_304

export interface NoiseParts {
  readonly keys: Pick<Keys, 'generateExchangeKey' | 'exchange'>
  readonly random: Randomness
}

/**
 * The library's own crypto but for X25519: it wraps each raw key in DER and has it parsed again, half a millisecond for
 * a product that takes libsodium a tenth of that, three times a handshake.
 */
function exchangeBy({ keys, random }: NoiseParts): ICryptoInterface {
  return {
    ...defaultCrypto,
    generateX25519KeyPair: () => keys.generateExchangeKey(random),
    generateX25519SharedKey: (privateKey, publicKey) => keys.exchange(privateKey.subarray(), publicKey.subarray()),
  }
}

/** Noise with a bound on what waits for the socket, and with the identity found told to the dial that named another. */
export function hardenedNoise(
  parts: NoiseParts,
): (components: Parameters<ReturnType<typeof noise>>[0]) => ConnectionEncrypter {
  const create = noise({ crypto: exchangeBy(parts) })
  return (components) => {
    const inner = create(components)
    return {
      protocol: inner.protocol,
      async secureInbound(connection: MessageStream, options?: SecureConnectionOptions) {
        return bounded(await inner.secureInbound(connection, options))
      },
      async secureOutbound(connection: MessageStream, options?: SecureConnectionOptions) {
        try {
          return bounded(await inner.secureOutbound(connection, options))
        } catch (error) {
          reportUnexpectedPeer(error, options)
          throw error
        }
      },
    }
  }
}

function bounded<T extends { connection: MessageStream }>(secured: T): T {
  secured.connection.maxWriteBufferLength = waitingBytesMax
  return secured
}

function reportUnexpectedPeer(error: unknown, options: (SecureConnectionOptions & AbortOptions) | undefined): void {
  if (options?.remotePeer === undefined || !(error instanceof Error) || error.name !== 'UnexpectedPeerError') return
  // The text serves the message alone: who answered instead. The decision above rests on the error's name.
  const found = /identity key (\S+) does not match/.exec(error.message)?.[1] ?? 'somebody else'
  reportToDial(options, fail('ERR_NODE_AUTH', { address: '', found, expected: options.remotePeer.toString() }))
}
