import { encode } from 'cborg'
import { fail, limits, type HyraxError } from '../base/index.ts'
import { copyBytes, equalBytes, fromUtf8, isWellFormed } from './bytes.ts'

/** What the profile of `FORMATS.md` R0.7 can hold. Numbers are integers of at most 2^53 - 1 either way. */
export type CborValue = null | boolean | number | string | Uint8Array | readonly CborValue[] | CborMap

/** A map with text keys. Decoded ones have no prototype, so `__proto__` and `constructor` are names like others. */
export interface CborMap {
  readonly [name: string]: CborValue
}

export interface CborBounds {
  /** Nesting of arrays and maps; 16 unless said. */
  readonly depthMax?: number
  /** Values in all, keys not counted; 10,000 unless said. */
  readonly elementsMax?: number
}

/**
 * Deterministic CBOR (RFC 8949 section 4.2.1): shortest definite lengths, keys sorted bytewise, no floats, tags or
 * `undefined`. What the profile cannot hold fails with `ERR_CODEC_CBOR`.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  assertEncodable(value, limits.cborDepthMax)
  // cborg gives a Buffer of a shared pool.
  return copyBytes(encode(value))
}

/**
 * The value of deterministic CBOR. Count and depth are bounded while reading; the value is then encoded again and
 * compared with what came in, so that two different byte strings never give one value. Fails with `ERR_CODEC_CBOR`.
 */
export function decodeCbor(bytes: Uint8Array, bounds: CborBounds = {}): CborValue {
  const reader = new CborReader(
    bytes,
    bounds.depthMax ?? limits.cborDepthMax,
    bounds.elementsMax ?? limits.cborElementsMax,
  )
  const value = reader.readWhole()
  if (!equalBytes(encode(value), bytes)) throw refused('not the one deterministic form')
  return value
}

/** True for a map: neither null, nor a list, nor bytes. */
export function isCborMap(value: CborValue | undefined): value is CborMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

function refused(why: string): HyraxError {
  return fail('ERR_CODEC_CBOR', { why })
}

function assertEncodable(value: unknown, depthLeft: number): void {
  if (value === null || typeof value === 'boolean' || value instanceof Uint8Array) return
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw refused('a number that is no safe integer')
  } else if (typeof value === 'string') {
    if (!isWellFormed(value)) throw refused('text with a lone surrogate')
  } else if (typeof value === 'object') {
    if (depthLeft === 0) throw refused('nested too deeply')
    if (Array.isArray(value)) for (const item of value) assertEncodable(item, depthLeft - 1)
    else assertEncodableMap(value, depthLeft)
  } else {
    throw refused(`a value of type ${typeof value}`)
  }
}

function assertEncodableMap(map: object, depthLeft: number): void {
  const prototype: unknown = Object.getPrototypeOf(map)
  if (prototype !== Object.prototype && prototype !== null) throw refused('an object that is no plain map')
  for (const [name, item] of Object.entries(map)) {
    assertEncodable(name, depthLeft)
    assertEncodable(item, depthLeft - 1)
  }
}

/** Reads one value by the profile. Lengths are compared with the bytes present before anything is made of them. */
class CborReader {
  readonly #bytes: Uint8Array
  readonly #depthMax: number
  #elementsLeft: number
  #at = 0

  constructor(bytes: Uint8Array, depthMax: number, elementsMax: number) {
    this.#bytes = bytes
    this.#depthMax = depthMax
    this.#elementsLeft = elementsMax
  }

  readWhole(): CborValue {
    const value = this.#readValue(this.#depthMax)
    if (this.#at !== this.#bytes.length) throw refused('bytes behind the value')
    return value
  }

  #readValue(depthLeft: number): CborValue {
    if (this.#elementsLeft-- <= 0) throw refused('too many elements')
    const first = this.#readByte()
    const low = first & 31
    switch (first >> 5) {
      case 0:
        return this.#readArgument(low)
      case 1:
        return this.#readNegative(low)
      case 2:
        return copyBytes(this.#readSlice(this.#readArgument(low)))
      case 3:
        return this.#readText(low)
      case 4:
        return this.#readArray(low, depthLeft)
      case 5:
        return this.#readMap(low, depthLeft)
      default:
        return readSimple(first)
    }
  }

  #readByte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw refused('the end is missing')
    return byte
  }

  #readArgument(low: number): number {
    if (low < 24) return low
    if (low > 27) throw refused('an indefinite length or reserved form')
    const size = 1 << (low - 24)
    let value = 0
    for (let index = 0; index < size; index++) value = value * 256 + this.#readByte()
    if (!Number.isSafeInteger(value)) throw refused('an integer beyond 2^53 - 1')
    return value
  }

  #readNegative(low: number): number {
    const value = -1 - this.#readArgument(low)
    if (!Number.isSafeInteger(value)) throw refused('an integer beyond 2^53 - 1')
    return value
  }

  #readSlice(size: number): Uint8Array {
    if (size > this.#bytes.length - this.#at) throw refused('the end is missing')
    this.#at += size
    return this.#bytes.subarray(this.#at - size, this.#at)
  }

  #readText(low: number): string {
    try {
      return fromUtf8(this.#readSlice(this.#readArgument(low)))
    } catch (cause) {
      throw fail('ERR_CODEC_CBOR', { why: 'text that is cut or not UTF-8' }, { cause })
    }
  }

  #readArray(low: number, depthLeft: number): CborValue[] {
    const count = this.#readArgument(low)
    if (depthLeft === 0) throw refused('nested too deeply')
    if (count > this.#elementsLeft) throw refused('too many elements')
    const items: CborValue[] = []
    for (let index = 0; index < count; index++) items.push(this.#readValue(depthLeft - 1))
    return items
  }

  #readMap(low: number, depthLeft: number): CborMap {
    const count = this.#readArgument(low)
    if (depthLeft === 0) throw refused('nested too deeply')
    if (count > this.#elementsLeft) throw refused('too many elements')
    const map = Object.create(null) as Record<string, CborValue>
    for (let index = 0; index < count; index++) {
      const first = this.#readByte()
      if (first >> 5 !== 3) throw refused('a map key that is no text')
      const name = this.#readText(first & 31)
      if (name in map) throw refused('a map key that stands twice')
      map[name] = this.#readValue(depthLeft - 1)
    }
    return map
  }
}

function readSimple(first: number): null | boolean {
  if (first === 0xf4) return false
  if (first === 0xf5) return true
  if (first === 0xf6) return null
  throw refused('a tag, float, undefined or simple value')
}
