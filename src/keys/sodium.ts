import type { SwarmCipher } from './swarm-cipher.ts'

/** What Hyrax needs of libsodium. Both builds give the same bytes and the same verdicts. Arguments have been sized. */
export interface Sodium {
  readonly backend: 'sodium-native' | 'wasm'
  verify(signature: Uint8Array, message: Uint8Array, pk: Uint8Array): boolean
  isValidPoint(pk: Uint8Array): boolean
  /** BLAKE2b-256 of the message under a key. */
  keyedHash(key: Uint8Array, message: Uint8Array): Uint8Array
  secretboxSeal(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array
  /** Undefined where the tag does not fit. */
  secretboxOpen(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | undefined
  /** BLAKE2b of the message without a key, to 24 bytes: the nonce of a sealed box. */
  nonceHash(message: Uint8Array): Uint8Array
  /** `crypto_box_easy`: 16 bytes longer. Undefined for a public key of small order. */
  boxSeal(message: Uint8Array, nonce: Uint8Array, publicKey: Uint8Array, privateKey: Uint8Array): Uint8Array | undefined
  /** `crypto_box_seal_open`. Undefined where it does not open. */
  sealedBoxOpen(box: Uint8Array, publicKey: Uint8Array, privateKey: Uint8Array): Uint8Array | undefined
  /** XChaCha20-Poly1305 (IETF): 16 bytes longer. */
  aeadSeal(message: Uint8Array, data: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array
  /** Undefined where the tag does not fit. */
  aeadOpen(sealed: Uint8Array, data: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | undefined
  /** X25519: scalar times point, or times the base point. Undefined where the product is the identity (small order). */
  scalarMult(scalar: Uint8Array, point?: Uint8Array): Uint8Array | undefined
  createCipher(key: Uint8Array, nonce: Uint8Array): SwarmCipher
  memzero(bytes: Uint8Array): void
}

export type SodiumBackend = Sodium['backend']
