import { labels, limits, type Randomness } from '../base/index.ts'
import { compareBytes, concatBytes, encodeCbor, equalBytes, toHex } from '../codec/index.ts'
import { labelledHash, sha256, type BoxKeyPair, type Keys } from '../keys/index.ts'

/** Who an epoch secret is boxed for: device (32), its generation, and the X25519 key of the box (32). */
export type Recipient = readonly [device: Uint8Array, gen: number, encryptionKey: Uint8Array]

/** Bytes of one box: an ephemeral key, a tag, and the secret. */
export const boxBytes = 80
/** Bytes of an epoch secret. */
const secretBytes = 32

/** A fresh epoch: what RotateKey says of it, and the boxes that travel beside it. The secret itself is in them alone. */
export interface NewEpoch {
  readonly epoch: Uint8Array
  readonly boxes: Uint8Array
  readonly boxesHash: Uint8Array
}

/**
 * Id of an epoch = SHA-256(`"hyrax/epoch-id/v1" ‖ 0 ‖ team ‖ secret`). It binds the secret: whoever opens a box knows
 * whether it holds the secret that everybody else was given, and a box carried into another team or epoch is refused. It
 * tells nobody the secret, which is 32 random bytes.
 */
export function epochId(team: Uint8Array, secret: Uint8Array): Uint8Array {
  return labelledHash(labels.epochId, team, secret)
}

/** Hash by which boxes travel = SHA-256(`"hyrax/epoch-box/v1" ‖ 0 ‖ boxes`), the boxes in the order of the recipients. */
export function hashOfBoxes(boxes: Uint8Array): Uint8Array {
  return labelledHash(labels.epochBox, boxes)
}

/** Recipients in their order on the wire: by device. */
export function sortRecipients(recipients: readonly Recipient[]): Recipient[] {
  return [...recipients].sort((a, b) => compareBytes(a[0], b[0]))
}

/** SHA-256 of the canonical list, which stands for it where the list would not fit a command. */
export function hashOfRecipients(recipients: readonly Recipient[]): Uint8Array {
  return sha256(encodeCbor(recipients.map((recipient) => [...recipient])))
}

/**
 * The recipients as RotateKey carries them: the sorted list, or its hash where there are more than
 * `recipientsListedMax`.
 */
export function carriedRecipients(recipients: readonly Recipient[]): readonly Recipient[] | Uint8Array {
  return recipients.length <= limits.recipientsListedMax ? recipients : hashOfRecipients(recipients)
}

/** A secret that was drawn before it is needed, with boxes that were made of it, by the hex of the key. Used once. */
export interface SecretAhead {
  readonly secret: Uint8Array
  readonly boxes: ReadonlyMap<string, Uint8Array>
}

export interface EpochParts {
  readonly random: Randomness
  readonly seal: (publicKey: Uint8Array, secret: Uint8Array) => Uint8Array
  /** Where absent, or with nothing to give, secret and boxes are made at once. */
  readonly takeAhead?: (() => SecretAhead | undefined) | undefined
}

/** Draws a secret and boxes it for everybody, in their order, or takes what is ready of both. The secret is wiped. */
export function makeEpoch(team: Uint8Array, recipients: readonly Recipient[], parts: EpochParts): NewEpoch {
  const ready = parts.takeAhead?.()
  const secret = ready?.secret ?? parts.random.bytes(secretBytes)
  const boxFor = (key: Uint8Array): Uint8Array => ready?.boxes.get(toHex(key)) ?? parts.seal(key, secret)
  const boxes = concatBytes(...recipients.map(([, , key]) => boxFor(key)))
  const epoch = epochId(team, secret)
  secret.fill(0)
  return { epoch, boxes, boxesHash: hashOfBoxes(boxes) }
}

/** The box of the recipient at that place. */
export function boxAt(boxes: Uint8Array, place: number): Uint8Array {
  return boxes.subarray(place * boxBytes, (place + 1) * boxBytes)
}

/** The secret in a box, if it opens with this pair and is the one the epoch's id binds. The caller wipes it. */
export function openEpochBox(
  keys: Pick<Keys, 'openSealed'>,
  pair: BoxKeyPair,
  box: Uint8Array,
  of: { readonly team: Uint8Array; readonly epoch: Uint8Array },
): Uint8Array | undefined {
  const secret = keys.openSealed(pair, box)
  if (secret === undefined) return undefined
  if (secret.length === secretBytes && equalBytes(epochId(of.team, secret), of.epoch)) return secret
  secret.fill(0)
  return undefined
}

/** What binds a swarm key to its place: RotateSwarmKey's team, epoch secret and fingerprint (16 bytes). */
export interface SwarmKeyBox {
  readonly team: Uint8Array
  readonly secret: Uint8Array
  readonly fingerprint: Uint8Array
}

/**
 * `sealed` of RotateSwarmKey: nonce (24) ‖ XChaCha20-Poly1305 of the new swarm key (32) and its tag, 72 bytes, under
 * KDF(epoch secret, `hyrax/swarm-key-box/v1`, fingerprint), bound to the team id (`FORMATS.md` 2).
 */
export function sealSwarmKey(keys: Keys, at: SwarmKeyBox, swarmKey: Uint8Array, random: Randomness): Uint8Array {
  const key = keys.kdf(at.secret, labels.swarmKeyBox, at.fingerprint)
  const sealed = keys.encrypt(key, swarmKey, at.team, random)
  keys.memzero(key)
  return sealed
}

/** The swarm key that was sealed so; undefined where team, epoch secret, fingerprint or a byte differs. */
export function openSwarmKey(keys: Keys, at: SwarmKeyBox, sealed: Uint8Array): Uint8Array | undefined {
  const key = keys.kdf(at.secret, labels.swarmKeyBox, at.fingerprint)
  const swarmKey = keys.decrypt(key, sealed, at.team)
  keys.memzero(key)
  return swarmKey?.length === secretBytes ? swarmKey : undefined
}
