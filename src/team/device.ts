import { fail, labels } from '../base/index.ts'
import { equalBytes, idText, utf8 } from '../codec/index.ts'
import { generateBoxKey, identityFromSeed, labelledHash, sha256, systemRandom, type Identity } from '../keys/index.ts'
import { deviceId, makeKeyBundle } from './key-bundle.ts'

/** A device with its keys, as a program holds it. The private halves stay inside the identities. */
export interface Device {
  /** `dev_b…`. */
  readonly id: string
  /** The 32 bytes of the id. */
  readonly idBytes: Uint8Array
  /** The identity: signs the bundle, and nothing on the graph. */
  readonly identity: Identity
  /** Identity key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** PeerId of the identity key. */
  readonly peer: string
  /** Signing keys, newest last: 1 to 4. */
  readonly signing: readonly Identity[]
  /** X25519 encryption keys, newest last, 32 bytes each: 1 to 4. */
  readonly encryption: readonly Uint8Array[]
  /** Counts up with every change of the keys. */
  readonly sequence: number
  /** The key bundle as it is signed and sent: CBOR bytes. */
  readonly bundle: Uint8Array
  /** The same device with one more signing and one more encryption key, and a bundle that says so. */
  withNewKeys(): Device
}

/** What a device is made from: 32 bytes, or a text whose SHA-256 they are; without one, fresh random ones. */
export interface DeviceSeed {
  readonly seed?: Uint8Array | string
}

/** A device with keys and bundle; the same seed gives the same device. A seed of another length: ERR_CODEC_TEXT. */
export function createDevice({ seed }: DeviceSeed = {}): Device {
  const secret = typeof seed === 'string' ? sha256(utf8(seed)) : (seed ?? systemRandom.bytes(32))
  if (secret.length !== 32) throw fail('ERR_CODEC_TEXT', { what: 'Seed', why: `${secret.length} bytes, 32 expected` })
  return deviceOf(secret, 0)
}

function deviceOf(secret: Uint8Array, sequence: number): Device {
  const derive = (use: number, n: number): Uint8Array => labelledHash(labels.deviceSeed, secret, Uint8Array.of(use, n))
  const identity = identityFromSeed(derive(0, 0))
  const numbers = Array.from({ length: sequence + 1 }, (_, n) => n).slice(-4)
  const signing = numbers.map((n) => identityFromSeed(derive(1, n)))
  const encryption = numbers.map((n) => generateBoxKey({ bytes: () => derive(2, n) }).publicKey)
  const idBytes = deviceId(identity.publicKey)
  const keys = { sequence, signing: signing.map(({ publicKey }) => publicKey), encryption }
  const { bytes: bundle } = makeKeyBundle({ sign: (by, label, bytes) => by.sign(label, bytes) }, { identity, ...keys })
  const { publicKey, peer } = identity
  const withNewKeys = (): Device => deviceOf(secret, sequence + 1)
  return {
    id: idText('dev', idBytes),
    idBytes,
    identity,
    publicKey,
    peer,
    signing,
    encryption,
    sequence,
    bundle,
    withNewKeys,
  }
}

/** The signing key of a device with that public half; the newest without one. ERR_TEAM_UNKNOWN_KEY where it has none such. */
export function signingKeyOf(device: Device, publicKey?: Uint8Array): Identity {
  const key =
    publicKey === undefined
      ? device.signing.at(-1)
      : [...device.signing, device.identity].find((one) => equalBytes(one.publicKey, publicKey))
  if (key === undefined) throw fail('ERR_TEAM_UNKNOWN_KEY', { what: `device ${device.id} has no such signing key` })
  return key
}
