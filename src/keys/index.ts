/**
 * Everything that touches secret bytes: identities, signatures with domain labels, hashes, key derivation, the cipher of
 * the swarm key, key files and their passwords. Private bytes stay inside and leave only as the text of a key file.
 * It refuses to know files and sockets. Importing it is cheap: libsodium loads with `openKeys`, Argon2 with the first
 * locked key file. An `Identity` signs without either; verdicts on signatures come from libsodium alone.
 *
 * @example
 * import { labels } from '../base/index.ts'
 * import { generateIdentity, openKeys, systemRandom } from '../keys/index.ts'
 * const keys = await openKeys()
 * const identity = generateIdentity(systemRandom)
 * const signature = identity.sign(labels.command, bytes)
 * keys.verify(identity.publicKey, labels.command, bytes, signature) // true
 */
export { labelledHash, labelledHashHex, sha256 } from './hash.ts'
export { generateBoxKey, generateIdentity, identityFromSeed, type BoxKeyPair, type Identity } from './identity.ts'
export { checkedPoint, fingerprintText, readIdentityText } from './identity-check.ts'
export { generateInviteCode, inviteKeyOf } from './invite-code.ts'
export { formatNkeyFile, openAxPrivateKey, openNkeyFile } from './foreign-key-file.ts'
export {
  describeKeyFile,
  formatPublicKeyFile,
  formatUnlockedKeyFile,
  lockKeyFile,
  openKeyFile,
  type KeyPair,
  type LockKeyFileParts,
  type OpenKeyFileOptions,
} from './key-file.ts'
export type { ArgonCost } from './argon-cost.ts'
export { answerKeyCheck, packChecks, type KeyCheck } from './key-checks.ts'
export { startVerifyThread } from './start-verify-thread.ts'
export type { VerifyThread } from './verify-thread.ts'
export { openKeys, type ExchangeKey, type Keys, type OpenKeysOptions } from './open-keys.ts'
export { systemRandom } from './random.ts'
export type { SwarmCipher } from './swarm-cipher.ts'
export { generateSwarmKey, isPublishedSwarmKey, isTypedSwarmKey, swarmKeyFingerprint } from './swarm-key.ts'
