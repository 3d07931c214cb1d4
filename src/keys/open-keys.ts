import { bug, fail, type Label, type Randomness } from '../base/index.ts'
import { concatBytes } from '../codec/index.ts'
import { labelBytes, passingMessage } from './hash.ts'
import { BoxKeyPair, generateBoxKey, generateIdentity, identityFromSeed, wiping, type Identity } from './identity.ts'
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
  /** BLAKE2b-256(key, label ‖ 0x00 ‖ data): 32 bytes. The key has 32, or the 16 of an invite's seed. */
  kdf(key: Uint8Array, label: Label, data: Uint8Array): Uint8Array
  /** A passing X25519 key pair for a handshake: 32 bytes each. Not for keys that are kept: see `generateBoxKey`. */
  generateExchangeKey(random: Randomness): ExchangeKey
  /** The X25519 product, 32 bytes; `ERR_KEYS_POINT` for a public key of small order. */
  exchange(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array
  /**
   * A box that only who has the private half opens, as libsodium's `crypto_box_seal` makes it: ephemeral public key (32)
   * ‖ box, 48 bytes longer than the message. `ERR_KEYS_POINT` for a public key of small order. The ephemeral half comes
   * from `random` and is wiped, so that who replays a run gets the same bytes.
   */
  sealTo(publicKey: Uint8Array, message: Uint8Array, random: Randomness): Uint8Array
  /** What such a box holds; undefined where it is not for this pair, or altered. */
  openSealed(pair: BoxKeyPair, box: Uint8Array): Uint8Array | undefined
  /** XChaCha20-Poly1305: nonce (24) ‖ ciphertext and tag, 40 bytes longer. The key has 32 bytes; `data` is bound to it. */
  encrypt(key: Uint8Array, message: Uint8Array, data: Uint8Array, random: Randomness): Uint8Array
  /** The message again; undefined where key, data or a byte differs. */
  decrypt(key: Uint8Array, sealed: Uint8Array, data: Uint8Array): Uint8Array | undefined
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
    verify: (pk, label, bytes, signature) => verifyRaw(pk, passingMessage(label, bytes), signature),
    verifyRaw,
    isValidPoint: (pk) => pk.length === 32 && sodium.isValidPoint(pk),
    generateIdentity,
    identityFromSeed,
    generateBoxKey,
    kdf: (key, label, data) =>
      sodium.keyedHash(key.length === 16 ? key : sized(key, 32), concatBytes(labelBytes(label), data)),
    generateExchangeKey(random) {
      const privateKey = random.bytes(32)
      return { privateKey, publicKey: productOf(sodium.scalarMult(privateKey)) }
    },
    exchange: (privateKey, publicKey) => productOf(sodium.scalarMult(sized(privateKey, 32), sized(publicKey, 32))),
    sealTo: (publicKey, message, random) => sealTo(sodium, sized(publicKey, 32), message, random),
    openSealed(pair, box) {
      if (box.length < sealedBoxOverhead) return undefined
      return wiping(BoxKeyPair.scalarOf(pair), (scalar) => sodium.sealedBoxOpen(box, pair.publicKey, scalar))
    },
    encrypt(key, message, data, random) {
      const nonce = sized(random.bytes(nonceBytes), nonceBytes)
      return concatBytes(nonce, sodium.aeadSeal(message, data, nonce, sized(key, 32)))
    },
    decrypt(key, sealed, data) {
      if (sealed.length < nonceBytes + tagBytes) return undefined
      const nonce = sealed.subarray(0, nonceBytes)
      return sodium.aeadOpen(sealed.subarray(nonceBytes), data, nonce, sized(key, 32))
    },
    createSwarmCipher: (key, nonce) => guardCipher(sodium.createCipher(sized(key, 32), sized(nonce, 24))),
    memzero: (bytes) => sodium.memzero(bytes),
  }
}

/** An ephemeral public key and a tag. */
const sealedBoxOverhead = 48
const nonceBytes = 24
const tagBytes = 16

/** `crypto_box_seal` with the randomness handed in: its nonce is BLAKE2b-192(ephemeral public key ‖ recipient). */
function sealTo(sodium: Sodium, publicKey: Uint8Array, message: Uint8Array, random: Randomness): Uint8Array {
  return wiping(random.bytes(32), (ephemeral) => {
    const ours = productOf(sodium.scalarMult(sized(ephemeral, 32)))
    const nonce = sodium.nonceHash(concatBytes(ours, publicKey))
    const box = sodium.boxSeal(message, nonce, publicKey, ephemeral)
    if (box === undefined) throw fail('ERR_KEYS_POINT')
    return concatBytes(ours, box)
  })
}

function productOf(product: Uint8Array | undefined): Uint8Array {
  if (product === undefined) throw fail('ERR_KEYS_POINT')
  return product
}

function sized(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw bug(`${bytes.length} bytes where ${size} are needed`)
  return bytes
}
