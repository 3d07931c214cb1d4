import { fail } from '../base/index.ts'
import { fromBase32, toBase32 } from './base-n.ts'
import { concatBytes } from './bytes.ts'

/** Letter of a key kind to its prefix byte (`FORMATS.md` 1, the ten letters without S and P). */
const prefixOf = { A: 0x00, C: 0x10, M: 0x60, N: 0x68, O: 0x70, U: 0xa0, V: 0xa8, X: 0xb8 } as const
const seedPrefix = 0x90
const privatePrefix = 0x78

/** Kind of a key pair: account, cluster, module, node, operator, user, service, and X for X25519 boxes. */
export type NkeyLetter = keyof typeof prefixOf

/** Which key a caller can use: a public Ed25519 one, a public box key, a seed, a private key, or one letter. */
export type NkeyWanted = 'ed25519' | 'x25519' | 'seed' | 'private' | NkeyLetter

/** A decoded nkey. `bytes` is the public key, for S the 32-byte seed, for P seed and public key together (64). */
export interface Nkey {
  readonly kind: NkeyLetter | 'S' | 'P'
  /** Of a seed: the kind of pair it makes. */
  readonly seedOf?: NkeyLetter
  readonly bytes: Uint8Array
}

/** Public nkey: 56 characters. `bytes` is 32 bytes, else `ERR_KEYS_LENGTH`. */
export function nkeyText(letter: NkeyLetter, bytes: Uint8Array): string {
  return sealed(Uint8Array.of(prefixOf[letter]), sized(bytes, 32))
}

/** Seed nkey: 58 characters, `S` and the letter of its kind. A secret. */
export function nkeySeedText(letter: NkeyLetter, seed: Uint8Array): string {
  const prefix = prefixOf[letter]
  return sealed(Uint8Array.of(seedPrefix | (prefix >> 5), (prefix & 31) << 3), sized(seed, 32))
}

/** Private nkey: 108 characters, `P`: seed and public key. A secret. */
export function nkeyPrivateText(seed: Uint8Array, pk: Uint8Array): string {
  return sealed(Uint8Array.of(privatePrefix), sized(seed, 32), sized(pk, 32))
}

/**
 * Reads an nkey. In this order: alphabet (`ERR_CODEC_TEXT`), length (`ERR_KEYS_LENGTH`), one spelling
 * (`ERR_CODEC_TEXT`), checksum (`ERR_KEYS_CHECKSUM`), prefix (`ERR_KEYS_PREFIX`), wanted kind (`ERR_KEYS_KIND`).
 * Whether public bytes are a point, and whether the halves of a private key fit, is checked in `keys`.
 */
export function parseNkey(text: string, wanted?: NkeyWanted): Nkey {
  const bytes = unsealed(text)
  const nkey = readPrefix(bytes, text)
  if (wanted !== undefined && !isWanted(nkey, wanted)) {
    throw fail('ERR_KEYS_KIND', {
      found: nkey.seedOf === undefined ? nkey.kind : `seed of ${nkey.seedOf}`,
      expected: wanted,
    })
  }
  return nkey
}

function isWanted(nkey: Nkey, wanted: NkeyWanted): boolean {
  switch (wanted) {
    case 'seed':
      return nkey.kind === 'S'
    case 'private':
      return nkey.kind === 'P'
    case 'x25519':
      return nkey.kind === 'X'
    case 'ed25519':
      return !['S', 'P', 'X'].includes(nkey.kind)
    default:
      return nkey.kind === wanted
  }
}

function readPrefix(bytes: Uint8Array, text: string): Nkey {
  const first = bytes[0] ?? 0
  if (text.startsWith('S')) {
    const second = bytes[1] ?? 0
    const letter = letterOf(((first & 7) << 5) | (second >> 3))
    if (letter === undefined || (second & 7) !== 0) throw fail('ERR_KEYS_PREFIX', { prefix: text.slice(0, 2) })
    return { kind: 'S', seedOf: letter, bytes: bytes.slice(2, 34) }
  }
  if (first === privatePrefix) return { kind: 'P', bytes: bytes.slice(1, 65) }
  const letter = letterOf(first)
  if (letter === undefined) throw fail('ERR_KEYS_PREFIX', { prefix: text.slice(0, 1) })
  return { kind: letter, bytes: bytes.slice(1, 33) }
}

function letterOf(prefix: number): NkeyLetter | undefined {
  const letters = Object.keys(prefixOf) as NkeyLetter[]
  return letters.find((letter) => prefixOf[letter] === prefix)
}

function unsealed(text: string): Uint8Array {
  if (!/^[A-Z2-7]*$/.test(text)) {
    throw fail('ERR_CODEC_TEXT', { what: 'Key', why: 'a character that is not base32' })
  }
  const expected = text.startsWith('S') ? 58 : text.startsWith('P') ? 108 : 56
  if (text.length !== expected) throw fail('ERR_KEYS_LENGTH', { found: text.length, expected })
  // 58 and 108 characters leave 2 and 4 bits unused; the strict reader refuses them set.
  const bytes = fromBase32(text, 'Key')
  const end = bytes.length - 2
  const claimed = (bytes[end] ?? 0) | ((bytes[end + 1] ?? 0) << 8)
  if (crc16(bytes.subarray(0, end)) !== claimed) throw fail('ERR_KEYS_CHECKSUM')
  return bytes
}

function sealed(...parts: Uint8Array[]): string {
  const body = concatBytes(...parts)
  const crc = crc16(body)
  return toBase32(concatBytes(body, Uint8Array.of(crc & 0xff, crc >> 8)))
}

/** CRC16-XMODEM: polynomial 0x1021, initial value 0, no reflection. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return crc
}

function sized(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw fail('ERR_KEYS_LENGTH', { found: bytes.length, expected: size })
  return bytes
}
