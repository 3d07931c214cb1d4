import { fail } from '../base/index.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Value of a hex digit by its character code; 255 for no digit. */
const valueOfDigit = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code))
  return value < 0 ? 255 : value
})
const loneSurrogate = /\p{Surrogate}/u

/** UTF-8 bytes of a text. Lone surrogates, which have no UTF-8, fail with `ERR_CODEC_TEXT`. */
export function utf8(text: string): Uint8Array {
  if (!isWellFormed(text)) throw fail('ERR_CODEC_TEXT', { what: 'Text', why: 'a lone surrogate' })
  return encoder.encode(text)
}

/** Text of UTF-8 bytes. Invalid UTF-8 fails with `ERR_CODEC_TEXT`; a byte order mark stays in the text. */
export function fromUtf8(bytes: Uint8Array, what = 'Text'): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw fail('ERR_CODEC_TEXT', { what, why: 'not UTF-8' }, { cause })
  }
}

/** True where every surrogate of the text has its partner, so that UTF-8 can hold it. */
export function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text)
}

/** One new array that holds all parts in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** The same bytes in memory of their own, as a plain Uint8Array. (`slice` of a Buffer is a view, no copy.) */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** True where both hold the same bytes. Looks at every byte, so time tells only the lengths. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}

/** Negative, zero or positive: the order of the bytes, a prefix before what it begins. For `sort`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  // One flat text, where pieces put together would keep every piece: ids are map keys by the hundred thousand.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** Bytes of lower-case hex. Upper case, an odd length or another character: `ERR_CODEC_TEXT`. */
export function fromHex(text: string, what = 'Hex'): Uint8Array {
  if (text.length % 2 !== 0) throw fail('ERR_CODEC_TEXT', { what, why: 'an odd number of hex digits' })
  const bytes = new Uint8Array(text.length / 2)
  if (!writeHex(text, bytes, 0))
    throw fail('ERR_CODEC_TEXT', { what, why: 'a character that is no lower-case hex digit' })
  return bytes
}

/** Writes the bytes of lower-case hex into `bytes` from `at` on; false where a character is no lower-case hex digit. */
export function writeHex(text: string, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; 2 * index < text.length; index++) {
    const high = valueOfDigit[text.charCodeAt(2 * index)] ?? 255
    const low = valueOfDigit[text.charCodeAt(2 * index + 1)] ?? 255
    if (high > 15 || low > 15) return false
    bytes[at + index] = 16 * high + low
  }
  return true
}
