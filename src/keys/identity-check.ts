import { fail } from '../base/index.ts'
import { openSshBlob, parsePublicIdentity, toBase64 } from '../codec/index.ts'
import { sha256 } from './hash.ts'
import type { Keys } from './open-keys.ts'

/**
 * The 32 bytes of a public identity in any text that Hyrax reads, checked to be a point of the prime-order group.
 * Fails with the codes of `parsePublicIdentity`, or `ERR_KEYS_POINT`.
 */
export function readIdentityText(keys: Pick<Keys, 'isValidPoint'>, text: string): Uint8Array {
  return checkedPoint(keys, parsePublicIdentity(text).pk)
}

/** The same 32 bytes, if libsodium takes them for a public key; else `ERR_KEYS_POINT`. */
export function checkedPoint(keys: Pick<Keys, 'isValidPoint'>, pk: Uint8Array): Uint8Array {
  if (!keys.isValidPoint(pk)) throw fail('ERR_KEYS_POINT')
  return pk
}

/** `SHA256:` and base64 without padding of SHA-256 of the OpenSSH blob, as `ssh-keygen -lf` prints: 50 characters. */
export function fingerprintText(pk: Uint8Array): string {
  return `SHA256:${toBase64(sha256(openSshBlob(pk))).replace(/=+$/, '')}`
}
