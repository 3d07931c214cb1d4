import { labels, limits, refuse, type Refusal } from '../base/index.ts'
import { compareBytes, decodeCbor, encodeCbor, toHex } from '../codec/index.ts'
import { labelledHash, type Identity, type Keys } from '../keys/index.ts'
import { isBytes, isCount, isList, isMap } from './command.ts'
import type { SignatureCheck } from './verification.ts'

/** A device's public keys, signed by its identity key (`TEAM.md` 3). Each key is 32 bytes; newest last. */
export interface KeyBundle {
  /** Ed25519 identity key; its hash is the device id. */
  readonly identity: Uint8Array
  /** Counts up with every change of the device's keys. */
  readonly sequence: number
  /** Ed25519 signing keys, 1 to 4. */
  readonly signing: readonly Uint8Array[]
  /** X25519 encryption keys, 1 to 4. */
  readonly encryption: readonly Uint8Array[]
  /** The stored form: CBOR `[unsigned, 64-byte signature]`. */
  readonly bytes: Uint8Array
  readonly unsigned: Uint8Array
  readonly signature: Uint8Array
}

/** Device id = SHA-256(`"hyrax/device-id/v1" ‖ 0 ‖ identity key`). 32 bytes. */
export function deviceId(identity: Uint8Array): Uint8Array {
  return labelledHash(labels.deviceId, identity)
}

/** Makes and signs a bundle. */
export function makeKeyBundle(
  keys: Pick<Keys, 'sign'>,
  parts: { identity: Identity; sequence: number; signing: readonly Uint8Array[]; encryption: readonly Uint8Array[] },
): KeyBundle {
  const { identity, sequence, signing, encryption } = parts
  const unsigned = encodeCbor({ v: 1, i: identity.publicKey, n: sequence, s: [...signing], e: [...encryption] })
  const signature = keys.sign(identity, labels.keyBundle, unsigned)
  const bytes = encodeCbor([unsigned, signature])
  return { identity: identity.publicKey, sequence, signing, encryption, bytes, unsigned, signature }
}

/** Reads a bundle: form only. Whether its signature holds is `bundleChecks`' matter. Refused with ERR_TEAM_BAD_ENCODING. */
export function parseKeyBundle(bytes: Uint8Array): KeyBundle | Refusal {
  try {
    if (bytes.length > limits.bundleBytesMax) return badBundle('size')
    const outer = decodeCbor(bytes, { depthMax: limits.commandDepthMax })
    if (!isList(outer) || outer.length !== 2) return badBundle('outer')
    const [unsigned, signature] = outer
    if (!isBytes(unsigned) || !isBytes(signature, 64)) return badBundle('outer')
    const map = decodeCbor(unsigned, { depthMax: limits.commandDepthMax })
    if (!isMap(map) || Object.keys(map).length !== 5 || map['v'] !== 1) return badBundle('fields')
    const { i, n, s, e } = map
    if (!isBytes(i, 32) || !isCount(n)) return badBundle('identity')
    if (!isKeyList(s) || !isKeyList(e)) return badBundle('keys')
    return { identity: i, sequence: n, signing: s, encryption: e, bytes, unsigned, signature }
  } catch {
    return badBundle('not canonical')
  }
}

/** What libsodium must say about a bundle: the identity's signature, and that each Ed25519 key is a good point. */
export function bundleChecks(bundle: KeyBundle): SignatureCheck[] {
  const { identity: publicKey, unsigned: bytes, signature } = bundle
  return [
    { kind: 'signature', publicKey, label: labels.keyBundle, bytes, signature },
    ...[publicKey, ...bundle.signing].map((key): SignatureCheck => ({ kind: 'point', publicKey: key })),
  ]
}

/** Reads a bundle and verifies it here and now: for what comes by hand. ERR_TEAM_BAD_ENCODING, _BAD_SIGNATURE, _KEY_WEAK. */
export function readKeyBundle(keys: Keys, bytes: Uint8Array): KeyBundle | Refusal {
  const bundle = parseKeyBundle(bytes)
  if ('kind' in bundle) return bundle
  const { identity, unsigned, signature } = bundle
  if (isWeakBundle(bundle) || ![identity, ...bundle.signing].every((key) => keys.isValidPoint(key)))
    return refuse('ERR_TEAM_KEY_WEAK')
  if (!keys.verify(identity, labels.keyBundle, unsigned, signature))
    return refuse('ERR_TEAM_BAD_SIGNATURE', { what: 'of the key bundle' })
  return bundle
}

/** True where an encryption key is an X25519 point of small order, or not canonical: every secret with it would be known. */
export function isWeakBundle(bundle: KeyBundle): boolean {
  return bundle.encryption.some(isWeakX25519)
}

/** The u-coordinates of order 1, 2, 4 and 8, little-endian, as libsodium refuses them. */
const smallOrder = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/** p = 2^255 - 19, little-endian: what is not below it has a second spelling. */
const prime = Uint8Array.from([0xed, ...new Array<number>(30).fill(0xff), 0x7f])

function isWeakX25519(key: Uint8Array): boolean {
  return smallOrder.has(toHex(key)) || compareBytes(key.toReversed(), prime.toReversed()) >= 0
}

function isKeyList(value: unknown): value is Uint8Array[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > limits.bundleKeysMax) return false
  if (!value.every((key) => isBytes(key, 32))) return false
  return new Set(value.map((key) => toHex(key))).size === value.length
}

function badBundle(why: string): Refusal {
  return refuse('ERR_TEAM_BAD_ENCODING', { why: `key bundle: ${why}` })
}
