import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import { bug, type Label, type Randomness } from '../base/index.ts'
import { axKeyText, concatBytes, copyBytes, equalBytes, fromHex, peerIdText } from '../codec/index.ts'
import { signedMessage } from './hash.ts'

/** PKCS #8 of a 32-byte private key, without those 32 bytes. */
const ed25519Prefix = fromHex('302e020100300506032b657004220420')
const x25519Prefix = fromHex('302e020100300506032b656e04220420')

/**
 * An Ed25519 key pair: a node, a client or a device. The private half stays inside, in memory that OpenSSL wipes; it
 * leaves only as the text of a key file. Signatures are deterministic, so they are the same bytes as libsodium's;
 * verdicts on signatures are not made here but by `Keys`.
 */
export class Identity {
  readonly kind = 'ed25519'
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** PeerId in base58, `12D3KooW…`. */
  readonly peer: string
  /** ax public key, `0…=`. */
  readonly axKey: string
  readonly #key: KeyObject

  constructor(seed: Uint8Array) {
    this.#key = privateKeyObject(ed25519Prefix, seed)
    this.publicKey = publicHalf(this.#key)
    this.peer = peerIdText(this.publicKey)
    this.axKey = axKeyText(this.publicKey)
  }

  /** Ed25519 over the message as it is: 64 bytes. For foreign protocols; what is ours is signed with a label. */
  signRaw(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, this.#key))
  }

  /** Ed25519 over label ‖ 0x00 ‖ SHA-256(bytes): 64 bytes. */
  sign(label: Label, bytes: Uint8Array): Uint8Array {
    return this.signRaw(signedMessage(label, bytes))
  }

  /** True where the bytes are the private half: somebody pasted a secret in the place of a public key. */
  hasSeed(bytes: Uint8Array): boolean {
    return wiping(privateBytes(this.#key), (seed) => equalBytes(seed, bytes))
  }

  /** The 32 private bytes. Not through the door: only for the text of a key file. The caller wipes them. */
  static seedOf(identity: Identity): Uint8Array {
    return privateBytes(identity.#key)
  }
}

/** An X25519 key pair for boxes. The private half stays inside as with `Identity`. */
export class BoxKeyPair {
  readonly kind = 'x25519'
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  readonly #key: KeyObject

  constructor(scalar: Uint8Array) {
    this.#key = privateKeyObject(x25519Prefix, scalar)
    this.publicKey = publicHalf(this.#key)
  }

  /** The 32 private bytes, see `Identity.seedOf`. */
  static scalarOf(pair: BoxKeyPair): Uint8Array {
    return privateBytes(pair.#key)
  }
}

/** A fresh identity. */
export function generateIdentity(random: Randomness): Identity {
  return wiping(random.bytes(32), (seed) => new Identity(seed))
}

/** The identity of a 32-byte seed. The caller keeps and wipes the seed. */
export function identityFromSeed(seed: Uint8Array): Identity {
  return new Identity(seed)
}

/** A fresh box key pair. */
export function generateBoxKey(random: Randomness): BoxKeyPair {
  return wiping(random.bytes(32), (scalar) => new BoxKeyPair(scalar))
}

/** Uses secret bytes once and wipes them, whatever happens. */
export function wiping<T>(secret: Uint8Array, use: (secret: Uint8Array) => T): T {
  try {
    return use(secret)
  } finally {
    secret.fill(0)
  }
}

function privateKeyObject(prefix: Uint8Array, secret: Uint8Array): KeyObject {
  if (secret.length !== 32) throw bug(`a private key of ${secret.length} bytes`)
  return wiping(concatBytes(prefix, secret), (der) =>
    createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' }),
  )
}

function publicHalf(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' })).slice(-32)
}

function privateBytes(key: KeyObject): Uint8Array {
  return wiping(key.export({ format: 'der', type: 'pkcs8' }), (der) => copyBytes(der.subarray(-32)))
}
