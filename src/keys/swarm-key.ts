import { labels, type Randomness } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import { labelledHash } from './hash.ts'
import { publicSwarmKeys } from './public-swarm-keys.ts'

/** 32 hex digits shown in place of the key: the first half of its labelled hash. */
export function swarmKeyFingerprint(key: Uint8Array): string {
  return toHex(labelledHash(labels.swarmKeyFingerprint, key).subarray(0, 16))
}

/** True for a key that everybody has or can guess: 32 digits, at most two different bytes, or on the published list. */
export function isPublishedSwarmKey(key: Uint8Array): boolean {
  const isDigits = key.every((byte) => byte >= 0x30 && byte <= 0x39)
  return isDigits || new Set(key).size <= 2 || publicSwarmKeys.has(publishedDigest(key))
}

/** True for 32 printable ASCII characters, as old generators made them: a warning, no refusal. */
export function isTypedSwarmKey(key: Uint8Array): boolean {
  return key.every((byte) => byte >= 0x20 && byte <= 0x7e)
}

/** 32 fresh bytes that are neither published nor printable. */
export function generateSwarmKey(random: Randomness): Uint8Array {
  let key = random.bytes(32)
  while (isPublishedSwarmKey(key) || isTypedSwarmKey(key)) key = random.bytes(32)
  return key
}

/** The digest under which a published key stands on the list: hex of 32 bytes. */
export function publishedDigest(key: Uint8Array): string {
  return toHex(labelledHash(labels.swarmKeyPublished, key))
}
