import { fail } from '../base/index.ts'
import { fromBase32Lower, fromBase36, fromBase58, fromBase64, toBase58, toBase64 } from './base-n.ts'
import { concatBytes, equalBytes } from './bytes.ts'
import { parseNkey } from './nkey.ts'
import { printable } from './printable.ts'

/** Multihash identity, 36 bytes, of the protobuf { type: Ed25519, data: 32 bytes }. */
const peerIdPrefix = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
/** CID version 1, codec libp2p-key. */
const cidPrefix = Uint8Array.of(0x01, 0x72)

/** A public identity of 32 bytes, and the form in which it was written. */
export interface PublicIdentity {
  readonly pk: Uint8Array
  readonly form: 'ax' | 'peerid' | 'cid' | 'nkey'
}

/** `0` and base64 of the 32 bytes: 45 characters (`FORMATS.md` 1.1). */
export function axKeyText(pk: Uint8Array): string {
  return `0${toBase64(wholeKey(pk))}`
}

/**
 * The 32 bytes of an ax public key. First character or length: `ERR_KEYS_FORMAT`; base64: `ERR_CODEC_TEXT`.
 * Form only: whether the bytes are a point is said by `keys`.
 */
export function parseAxKey(text: string): Uint8Array {
  if (!text.startsWith('0')) throw notAKey(text, 'it does not begin with 0')
  if (text.length !== 45) throw notAKey(text, `it has ${text.length} characters, not 45`)
  return wholeKey(fromBase64(text.slice(1), 'Key'))
}

/** base58btc PeerId of an Ed25519 key: 52 characters, `12D3KooW…` (`FORMATS.md` 1.2). */
export function peerIdText(pk: Uint8Array): string {
  return toBase58(concatBytes(peerIdPrefix, wholeKey(pk)))
}

/**
 * The 32 bytes of a PeerId in base58, or as a CID in base32 or base36. Bad characters: `ERR_CODEC_TEXT`; another
 * kind of key (RSA, secp256k1): `ERR_KEYS_KIND`. Form only, see `parseAxKey`.
 */
export function parsePeerId(text: string): Uint8Array {
  return isCid(text) ? parseCid(text) : keyOfMultihash(fromBase58(text, 'PeerId'))
}

/**
 * A public identity in any form that Hyrax reads: ax key, PeerId, CID, or the nkey of a signing kind.
 * What is none of these: `ERR_KEYS_FORMAT`; else the code of the form it tried to be. Form only, see `parseAxKey`.
 */
export function parsePublicIdentity(text: string): PublicIdentity {
  if (text.startsWith('0')) return { pk: parseAxKey(text), form: 'ax' }
  if (isCid(text)) return { pk: parseCid(text), form: 'cid' }
  if (/^(1|Qm)/.test(text)) return { pk: parsePeerId(text), form: 'peerid' }
  if (/^[A-Z][A-Z2-7]{20,}$/.test(text)) return { pk: parseNkey(text, 'ed25519').bytes, form: 'nkey' }
  throw notAKey(text, 'no form of a public key begins like this')
}

function isCid(text: string): boolean {
  return text.startsWith('bafz') || text.startsWith('k51')
}

function parseCid(text: string): Uint8Array {
  const digits = text.slice(1)
  const bytes = text.startsWith('b') ? fromBase32Lower(digits, 'PeerId') : fromBase36(digits, 'PeerId')
  if (!equalBytes(bytes.subarray(0, 2), cidPrefix)) throw otherKind()
  return keyOfMultihash(bytes.subarray(2))
}

function keyOfMultihash(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 38 || !equalBytes(bytes.subarray(0, 6), peerIdPrefix)) throw otherKind()
  return bytes.slice(6)
}

function otherKind() {
  return fail('ERR_KEYS_KIND', { found: 'other than Ed25519', expected: 'Ed25519' })
}

function notAKey(text: string, why: string) {
  // Only the beginning: what somebody pasted in the wrong place may be a secret.
  return fail('ERR_KEYS_FORMAT', { text: printable(text.length > 12 ? `${text.slice(0, 8)}…` : text), why })
}

function wholeKey(pk: Uint8Array): Uint8Array {
  if (pk.length !== 32) throw fail('ERR_KEYS_LENGTH', { found: pk.length, expected: 32 })
  return pk
}
