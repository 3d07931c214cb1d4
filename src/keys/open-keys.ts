import { bug, fail, type Label, type Randomness } from '../base/index.ts'
import { concatBytes } from '../codec/index.ts'
import { labelBytes, signedMessage } from './hash.ts'
import { generateBoxKey, generateIdentity, identityFromSeed, type BoxKeyPair, type Identity } from './identity.ts'
import { loadSodium } from './load-sodium.ts'
import type { Sodium, SodiumBackend } from './sodium.ts'
import { guardCipher, type SwarmCipher } from './swarm-cipher.ts'

/** Everything that needs libsodium. All calls are synchronous. */
export interface Keys {
  /** Which build of libsodium answers. Bytes and verdicts do not depend on it. */
  readonly backend: SodiumBackend
  /** Ed25519 over label ‖ 0x00 ‖ SHA-256(bytes): 64 bytes. */
  sign(secret: Identity, label: Label, bytes: Uint8Array): Uint8Array
  /** True for a good signature under the label. Wrong sizes and small-order keys are false, never an error. */
  verify(pk: Uint8Array, label: Label, bytes: Uint8Array, signature: Uint8Array): boolean
  /** True for a good signature over the message as it is; otherwise like `verify`. */
  verifyRaw(pk: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** True for 32 bytes that are canonical, on the curve and in its prime-order group. */
  isValidPoint(pk: Uint8Array): boolean
  generateIdentity(random: Randomness): Identity
  identityFromSeed(seed: Uint8Array): Identity
  generateBoxKey(random: Randomness): BoxKeyPair
  /** BLAKE2b-256(key, label ‖ 0x00 ‖ data): 32 bytes. The key has 32. */
  kdf(key: Uint8Array, label: Label, data: Uint8Array): Uint8Array
  /** A passing X25519 key pair for a handshake: 32 bytes each. Not for keys that are kept: see `generateBoxKey`. */
  generateExchangeKey(random: Randomness): ExchangeKey
  /** The X25519 product, 32 bytes; `ERR_KEYS_POINT` for a public key of small order. */
  exchange(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array
  /** XSalsa20 from a key of 32 and a nonce of 24 bytes. The caller frees it. */
  createSwarmCipher(key: Uint8Array, nonce: Uint8Array): SwarmCipher
  /** Wipes bytes where they stand. */
  memzero(bytes: Uint8Array): void
}

/** The raw halves of an X25519 pair that lives for one handshake or one process, inside a library. */
export interface ExchangeKey {
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
}

export interface OpenKeysOptions {
  /** Asks for one build of libsodium; otherwise the native one where it loads, else WASM. */
  readonly backend?: SodiumBackend
}

/** Loads libsodium and gives what needs it. Opening twice loads once. */
export async function openKeys(options: OpenKeysOptions = {}): Promise<Keys> {
  return createKeys(await loadSodium(options.backend))
}

function createKeys(sodium: Sodium): Keys {
  function verifyRaw(pk: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    return pk.length === 32 && signature.length === 64 && sodium.verify(signature, message, pk)
  }
  return {
    backend: sodium.backend,
    sign: (secret, label, bytes) => secret.sign(label, bytes),
    verify: (pk, label, bytes, signature) => verifyRaw(pk, signedMessage(label, bytes), signature),
    verifyRaw,
    isValidPoint: (pk) => pk.length === 32 && sodium.isValidPoint(pk),
    generateIdentity,
    identityFromSeed,
    generateBoxKey,
    kdf: (key, label, data) => sodium.keyedHash(sized(key, 32), concatBytes(labelBytes(label), data)),
    generateExchangeKey(random) {
      const privateKey = random.bytes(32)
      return { privateKey, publicKey: productOf(sodium.scalarMult(privateKey)) }
    },
    exchange: (privateKey, publicKey) => productOf(sodium.scalarMult(sized(privateKey, 32), sized(publicKey, 32))),
    createSwarmCipher: (key, nonce) => guardCipher(sodium.createCipher(sized(key, 32), sized(nonce, 24))),
    memzero: (bytes) => sodium.memzero(bytes),
  }
}

function productOf(product: Uint8Array | undefined): Uint8Array {
  if (product === undefined) throw fail('ERR_KEYS_POINT')
  return product
}

function sized(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw bug(`${bytes.length} bytes where ${size} are needed`)
  return bytes
}
