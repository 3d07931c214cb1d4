import { labels, type Label } from '../../src/base/index.ts'
import { peerIdText, toHex, utf8 } from '../../src/codec/index.ts'
import { sha256, type Identity } from '../../src/keys/index.ts'
import { deviceId, makeClaim, makeKeyBundle, parseKeyBundle, type KeyBundle } from '../../src/team/index.ts'
import { standInKeys, standInSignature } from './stand-in-keys.ts'

/** A device whose keys are hashes: it signs without libsodium. */
export interface Somebody {
  readonly name: string
  readonly device: Uint8Array
  readonly hex: string
  readonly peer: string
  /** Its bundle with that sequence number, in the stored form: each brings a new key of both kinds beside the one before. */
  bundle(sequence: number): Uint8Array
  /** The signing key that came with a bundle. */
  key(sequence: number): Uint8Array
}

export function somebody(name: string): Somebody {
  const identity = standInIdentity(sha256(utf8(`identity of ${name}`)))
  const device = deviceId(identity.publicKey)
  const key = (n: number): Uint8Array => sha256(utf8(`signing key ${n} of ${name}`))
  const box = (n: number): Uint8Array =>
    sha256(utf8(`box ${n} of ${name}`)).map((byte, i) => (i === 31 ? byte & 63 : byte))
  const made = new Map<number, Uint8Array>()
  const bundle = (n: number): Uint8Array => {
    const numbers = n === 0 ? [0] : [n - 1, n]
    const known = made.get(n)
    if (known !== undefined) return known
    const parts = { identity, sequence: n, signing: numbers.map(key), encryption: numbers.map(box) }
    const { bytes } = makeKeyBundle(standInKeys, parts)
    made.set(n, bytes)
    return bytes
  }
  return { name, device, hex: toHex(device), peer: peerIdText(identity.publicKey), bundle, key }
}

/** The invite key of that number of somebody. */
export function inviteKeyOf({ name }: Somebody, n: number): Uint8Array {
  return sha256(utf8(`invite ${n} of ${name}`))
}

/** A claim of a newcomer by an invite whose key it knows, as everybody here does. */
export function claimBy(newcomer: Somebody, team: Uint8Array, invite: { id: Uint8Array; key: Uint8Array }): Uint8Array {
  const bundle = parseKeyBundle(newcomer.bundle(0)) as KeyBundle
  const parts = { team, invite: invite.id, nonce: new Uint8Array(32), bundle, inviteKey: standInIdentity(invite.key) }
  return makeClaim({ ...parts, identity: standInIdentity(bundle.identity) }).bytes
}

/** Signs a command with a key, as libsodium would. */
export function signWith(key: Uint8Array): (unsigned: Uint8Array) => Uint8Array {
  return (unsigned) => standInSignature(key, labels.command, unsigned)
}

function standInIdentity(publicKey: Uint8Array): Identity {
  const sign = (label: Label, bytes: Uint8Array): Uint8Array => standInSignature(publicKey, label, bytes)
  return { publicKey, sign } as unknown as Identity
}
