import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, Ed25519PublicKey } from '@libp2p/interface'
import { bug } from '../base/index.ts'
import type { Identity } from '../keys/index.ts'

/**
 * The identity as libp2p wants it: an object that signs, and whose secret bytes do not exist for libp2p. Reading `raw`
 * is a bug by definition; Noise and identify ask for a signature only.
 */
export function libp2pKeyOf(identity: Identity): Ed25519PrivateKey {
  const publicKey = publicKeyFromRaw(identity.publicKey) as Ed25519PublicKey
  return {
    type: 'Ed25519',
    publicKey,
    get raw(): Uint8Array {
      throw bug('a library asked for the private key of the node')
    },
    equals: (other?: { publicKey?: unknown }) => publicKey.equals(other?.publicKey),
    sign: (data) => identity.signRaw(data.subarray()),
  }
}
