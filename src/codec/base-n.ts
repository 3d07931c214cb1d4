import { fail } from '../base/index.ts'

/**
 * Strict base64, base64url, base32 and base58 (`FORMATS.md` R0.4): one value has one spelling. Alphabet, length,
 * padding and trailing bits are checked on reading, each failure is `ERR_CODEC_TEXT`.
 */
interface BitBase {
  readonly name: string
  readonly alphabet: string
  readonly bits: 5 | 6
  /** Characters of a padded group; 0: no padding. */
  readonly group: 0 | 4
  readonly digitOf: ReadonlyMap<string, number>
}

const upperBase32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const base64Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const base64 = bitBase('base64', `${base64Letters}+/`, 6, 4)
const base64Url = bitBase('base64url', `${base64Letters}-_`, 6, 0)
const base32 = bitBase('base32', upperBase32, 5, 0)
const base32Lower = bitBase('base32', upperBase32.toLowerCase(), 5, 0)
const base58Alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const base36Alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'

/** base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  return encodeBits(base64, bytes)
}

export function fromBase64(text: string, what = 'base64'): Uint8Array {
  return decodeBits(base64, text, what)
}

/** base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return encodeBits(base64Url, bytes)
}

export function fromBase64Url(text: string, what = 'base64url'): Uint8Array {
  return decodeBits(base64Url, text, what)
}

/** Upper-case base32 without padding (RFC 4648 section 6), as nkeys have it. */
export function toBase32(bytes: Uint8Array): string {
  return encodeBits(base32, bytes)
}

export function fromBase32(text: string, what = 'base32'): Uint8Array {
  return decodeBits(base32, text, what)
}

/** Lower-case base32 without padding, as multibase `b` has it. */
export function toBase32Lower(bytes: Uint8Array): string {
  return encodeBits(base32Lower, bytes)
}

export function fromBase32Lower(text: string, what = 'base32'): Uint8Array {
  return decodeBits(base32Lower, text, what)
}

/** base58btc. */
export function toBase58(bytes: Uint8Array): string {
  return encodeDigits(base58Alphabet, bytes)
}

/** Bytes of base58btc. At most 128 characters, because the work grows with the square: `ERR_CODEC_TEXT`. */
export function fromBase58(text: string, what = 'base58'): Uint8Array {
  return decodeDigits(base58Alphabet, 'base58', text, what)
}

/** Lower-case base36, as multibase `k` has it; read only, for PeerIds written as CIDs. */
export function fromBase36(text: string, what = 'base36'): Uint8Array {
  return decodeDigits(base36Alphabet, 'base36', text, what)
}

function bitBase(name: string, alphabet: string, bits: 5 | 6, group: 0 | 4): BitBase {
  return { name, alphabet, bits, group, digitOf: new Map(Array.from(alphabet, (letter, digit) => [letter, digit])) }
}

function encodeBits({ alphabet, bits, group }: BitBase, bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let heldBits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff
    heldBits += 8
    while (heldBits >= bits) {
      heldBits -= bits
      text += alphabet.charAt((held >> heldBits) & ((1 << bits) - 1))
    }
  }
  if (heldBits > 0) text += alphabet.charAt((held << (bits - heldBits)) & ((1 << bits) - 1))
  return group === 0 ? text : text.padEnd(Math.ceil(text.length / group) * group, '=')
}

function decodeBits(base: BitBase, text: string, what: string): Uint8Array {
  const { bits, group, digitOf } = base
  const digits = group === 0 ? text : withoutPadding(text, group, what)
  const bytes = new Uint8Array(Math.floor((digits.length * bits) / 8))
  let held = 0
  let heldBits = 0
  let size = 0
  for (const letter of digits) {
    const digit = digitOf.get(letter)
    if (digit === undefined) throw fail('ERR_CODEC_TEXT', { what, why: `a character that is not ${base.name}` })
    held = ((held << bits) | digit) & 0xffff
    heldBits += bits
    if (heldBits >= 8) {
      heldBits -= 8
      bytes[size++] = (held >> heldBits) & 0xff
    }
  }
  // A whole character without information is a second spelling, and so are set bits behind the last byte.
  if (heldBits >= bits) throw fail('ERR_CODEC_TEXT', { what, why: 'an impossible length' })
  if ((held & ((1 << heldBits) - 1)) !== 0) throw fail('ERR_CODEC_TEXT', { what, why: 'stray bits at the end' })
  return bytes
}

function withoutPadding(text: string, group: number, what: string): string {
  if (text.length % group !== 0) throw fail('ERR_CODEC_TEXT', { what, why: 'length or padding is wrong' })
  // More than two '=' leave a length that decodeBits refuses.
  return text.replace(/={1,3}$/, '')
}

function encodeDigits(alphabet: string, bytes: Uint8Array): string {
  const base = alphabet.length
  const digits: number[] = []
  for (const byte of bytes) {
    let carry = byte
    for (let index = 0; index < digits.length; index++) {
      carry += (digits[index] ?? 0) << 8
      digits[index] = carry % base
      carry = (carry / base) | 0
    }
    for (; carry > 0; carry = (carry / base) | 0) digits.push(carry % base)
  }
  const zeros = leading(bytes, 0)
  return (
    alphabet.charAt(0).repeat(zeros) +
    digits
      .reverse()
      .map((digit) => alphabet.charAt(digit))
      .join('')
  )
}

function decodeDigits(alphabet: string, name: string, text: string, what: string): Uint8Array {
  if (text.length > 128) throw fail('ERR_CODEC_TEXT', { what, why: `too long for ${name} here` })
  const bytes: number[] = []
  for (const letter of text) {
    let carry = alphabet.indexOf(letter)
    if (carry < 0) throw fail('ERR_CODEC_TEXT', { what, why: `a character that is not ${name}` })
    for (let index = 0; index < bytes.length; index++) {
      carry += (bytes[index] ?? 0) * alphabet.length
      bytes[index] = carry & 0xff
      carry >>= 8
    }
    for (; carry > 0; carry >>= 8) bytes.push(carry & 0xff)
  }
  const zeros = leading(Array.from(text), alphabet.charAt(0))
  return Uint8Array.from([...new Array<number>(zeros).fill(0), ...bytes.reverse()])
}

function leading<T>(items: ArrayLike<T>, zero: T): number {
  let count = 0
  while (count < items.length && items[count] === zero) count++
  return count
}
