import { labels, type Label } from '../../src/base/index.ts'
import { peerIdText, toHex, utf8 } from '../../src/codec/index.ts'
import { identityFromSeed, sha256, type Identity, type Keys } from '../../src/keys/index.ts'
import { deviceId, makeClaim, makeKeyBundle, parseKeyBundle, type KeyBundle } from '../../src/team/index.ts'
import { standInKeys, standInSignature } from './stand-in-keys.ts'

/** A device with all the keys it will ever have. Unless real, they are hashes, and it signs without libsodium. */
export interface Somebody {
  readonly name: string
  readonly device: Uint8Array
  readonly hex: string
  readonly peer: string
  /** Its bundle with that sequence number, in the stored form: each brings a new key of both kinds beside the one before. */
  bundle(sequence: number): Uint8Array
  /** The signing key that came with a bundle. */
  key(sequence: number): Uint8Array
  /** Signs a command with one of its keys. */
  sign(unsigned: Uint8Array, key: Uint8Array): Uint8Array
  /** Public half of an invite key of its own. */
  inviteKey(n: number): Uint8Array
  /** A claim by an invite whose key it knows; of invites of others it makes one that does not hold. */
  claim(team: Uint8Array, invite: { readonly id: Uint8Array; readonly key: Uint8Array }): Uint8Array
}

const invites = 4

const everybody = new Map<string, Somebody>()

/** A device by its name; with `real`, its keys are Ed25519. It is made once: to make real keys takes longer than a life. */
export function somebody(name: string, real?: Keys): Somebody {
  const id = `${name}${real === undefined ? '' : ' with real keys'}`
  const known = everybody.get(id) ?? makeSomebody(name, real)
  everybody.set(id, known)
  return known
}

function makeSomebody(name: string, real?: Keys): Somebody {
  const signers = new Map<string, Identity>()
  const make = (seed: Uint8Array): Identity => {
    const one = real === undefined ? standInIdentity(seed) : identityFromSeed(seed)
    signers.set(toHex(one.publicKey), one)
    return one
  }
  const once = <T>(of: (n: number) => T): ((n: number) => T) => {
    const made = new Map<number, T>()
    return (n) => made.get(n) ?? (made.set(n, of(n)), made.get(n) as T)
  }
  const identity = make(sha256(utf8(`identity of ${name}`)))
  const signer = once((n) => make(sha256(utf8(`signing key ${n} of ${name}`))))
  const device = deviceId(identity.publicKey)
  const box = (n: number): Uint8Array =>
    sha256(utf8(`box ${n} of ${name}`)).map((byte, i) => (i === 31 ? byte & 63 : byte))
  const bundle = once((n) => {
    const numbers = n === 0 ? [0] : [n - 1, n]
    const keys = { signing: numbers.map((one) => signer(one).publicKey), encryption: numbers.map(box) }
    return makeKeyBundle(real ?? standInKeys, { identity, sequence: n, ...keys }).bytes
  })
  const hex = toHex(device)
  // A key that it never had made is none of its own: it signs with what it has.
  const signerOf = (key: Uint8Array): Identity => signers.get(toHex(key)) ?? identity
  // Invite keys are drawn from few, so that they collide, and everybody knows all of them.
  const invited = once((n) => make(sha256(utf8(`invite ${n}`))))
  return {
    ...{ name, device, hex, bundle },
    peer: peerIdText(identity.publicKey),
    key: (n) => signer(n).publicKey,
    sign: (unsigned, key) => real === undefined ? standInSignature(key, labels.command, unsigned) : signerOf(key).sign(labels.command, unsigned), // prettier-ignore
    inviteKey: (n) => invited(n % invites).publicKey,
    claim: (team, invite) => {
      const known = Array.from({ length: invites }, (_, n) => invited(n))
      const inviteKey = known.find(({ publicKey }) => toHex(publicKey) === toHex(invite.key)) ?? identity
      const parts = { team, invite: invite.id, nonce: new Uint8Array(32), inviteKey, identity }
      return makeClaim({ ...parts, bundle: parseKeyBundle(bundle(0)) as KeyBundle }).bytes
    },
  }
}

function standInIdentity(seed: Uint8Array): Identity {
  const publicKey = sha256(seed)
  const sign = (label: Label, bytes: Uint8Array): Uint8Array => standInSignature(publicKey, label, bytes)
  return { publicKey, sign } as unknown as Identity
}
