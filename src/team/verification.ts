import type { Label } from '../base/index.ts'
import type { Keys } from '../keys/index.ts'

/**
 * One question to libsodium, as data, so that a worker, or a simulation's stand-in, can answer it.
 * Verdicts that decide the graph come from libsodium alone (`TEAM.md` 3): OpenSSL's differ between Node versions.
 */
export type SignatureCheck =
  | {
      readonly kind: 'signature'
      readonly publicKey: Uint8Array
      readonly label: Label
      readonly bytes: Uint8Array
      readonly signature: Uint8Array
    }
  | { readonly kind: 'point'; readonly publicKey: Uint8Array }

/** Answers one check here and now. */
export function answerCheck(keys: Keys, check: SignatureCheck): boolean {
  return check.kind === 'point'
    ? keys.isValidPoint(check.publicKey)
    : keys.verify(check.publicKey, check.label, check.bytes, check.signature)
}
