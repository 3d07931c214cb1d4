import { encode } from 'cborg'
import { fail, limits, type HyraxError } from '../base/index.ts'
import { copyBytes, fromUtf8, isWellFormed } from './bytes.ts'

/** What the profile of `FORMATS.md` R0.7 can hold. Numbers are integers of at most 2^53 - 1 either way. */
export type CborValue = null | boolean | number | string | Uint8Array | readonly CborValue[] | CborMap

/** A map with text keys. Decoded ones inherit nothing, so `__proto__` and `constructor` are names like others. */
export interface CborMap {
  readonly [name: string]: CborValue
}

export interface CborBounds {
  /** Nesting of arrays and maps; 16 unless said. */
  readonly depthMax?: number
  /** Values in all, keys not counted; 10,000 unless said. */
  readonly elementsMax?: number
  /**
   * True where long byte strings may be views of the bytes that are read, which then nobody may change. Short ones are
   * copies: they cost no more, and an id that is kept keeps nothing else in memory.
   */
  readonly isShared?: boolean
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
 * The value of deterministic CBOR. Count and depth are bounded while reading. Nothing but the one form is accepted: every
 * length and integer in its shortest head, every map with keys that rise. So two different byte strings never give one
 * value, and encoding it again gives these bytes (which a test compares). Fails with `ERR_CODEC_CBOR`.
 */
export function decodeCbor(bytes: Uint8Array, bounds: CborBounds = {}): CborValue {
  return new CborReader(bytes, 0, bounds).readWhole()
}

/** The value that begins at `from`, as strictly read, and where it ends. Fails with `ERR_CODEC_CBOR`. */
export function readCborAt(bytes: Uint8Array, from: number, bounds: CborBounds): { value: CborValue; end: number } {
  const reader = new CborReader(bytes, from, bounds)
  return { value: reader.readValue(), end: reader.at }
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
  if (prototype !== Object.prototype && prototype !== null && prototype !== nothing)
    throw refused('an object that is no plain map')
  for (const [name, item] of Object.entries(map)) {
    assertEncodable(name, depthLeft)
    assertEncodable(item, depthLeft - 1)
  }
}

/** Up to this many bytes an array has no memory of its own outside the heap. */
const shortBytesMax = 64

/** What decoded maps inherit. */
const nothing = Object.freeze(Object.create(null) as object)

/** A map that inherits nothing. An object without a prototype would do, but is three times as slow to fill and to read. */
const BareMap = function (): void {
  // Filled by who makes it.
} as unknown as new () => object
BareMap.prototype = nothing

/** Short texts are most of what is read, and the same few again and again: the ones seen last are not made again. */
const shortTexts = new Array<{ readonly bytes: Uint8Array; readonly text: string } | undefined>(1_024).fill(undefined)
const shortMax = 32

/** Reads one value by the profile. Lengths are compared with the bytes present before anything is made of them. */
class CborReader {
  readonly #bytes: Uint8Array
  readonly #depthMax: number
  readonly #isShared: boolean
  #elementsLeft: number
  #at: number

  constructor(bytes: Uint8Array, from: number, bounds: CborBounds) {
    this.#bytes = bytes
    this.#at = from
    this.#depthMax = bounds.depthMax ?? limits.cborDepthMax
    this.#elementsLeft = bounds.elementsMax ?? limits.cborElementsMax
    this.#isShared = bounds.isShared === true
  }

  get at(): number {
    return this.#at
  }

  readValue(): CborValue {
    return this.#readValue(this.#depthMax)
  }

  readWhole(): CborValue {
    const value = this.readValue()
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
        return this.#readBytes(this.#readSize(low))
      case 3:
        return this.#readText(this.#readSize(low))
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
    // 24 needs one byte, 2^8 two, 2^16 four, 2^32 eight: what is smaller has a shorter head.
    if (value < (size === 1 ? 24 : 2 ** (4 * size))) throw refused('a head that is not the shortest')
    if (!Number.isSafeInteger(value)) throw refused('an integer beyond 2^53 - 1')
    return value
  }

  #readNegative(low: number): number {
    const value = -1 - this.#readArgument(low)
    if (!Number.isSafeInteger(value)) throw refused('an integer beyond 2^53 - 1')
    return value
  }

  /** A length of bytes that are there. */
  #readSize(low: number): number {
    const size = this.#readArgument(low)
    if (size > this.#bytes.length - this.#at) throw refused('the end is missing')
    return size
  }

  #readBytes(size: number): Uint8Array {
    this.#at += size
    const slice = this.#bytes.subarray(this.#at - size, this.#at)
    return this.#isShared && size > shortBytesMax ? slice : copyBytes(slice)
  }

  #readText(size: number): string {
    const from = this.#at
    this.#at += size
    if (size > shortMax) return this.#decodeText(from, size)
    let place = size
    for (let at = from; at < from + size; at++) place = (place * 31 + (this.#bytes[at] ?? 0)) & 1_023
    const known = shortTexts[place]
    if (known !== undefined && this.#isAt(from, size, known.bytes)) return known.text
    const text = this.#decodeText(from, size)
    shortTexts[place] = { bytes: this.#bytes.slice(from, from + size), text }
    return text
  }

  #isAt(from: number, size: number, bytes: Uint8Array): boolean {
    if (bytes.length !== size) return false
    for (let index = 0; index < size; index++) if (bytes[index] !== this.#bytes[from + index]) return false
    return true
  }

  #decodeText(from: number, size: number): string {
    try {
      return fromUtf8(this.#bytes.subarray(from, from + size))
    } catch (cause) {
      throw fail('ERR_CODEC_CBOR', { why: 'text that is not UTF-8' }, { cause })
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
    const map = new BareMap() as Record<string, CborValue>
    let [before, sizeBefore] = [0, -1]
    for (let index = 0; index < count; index++) {
      const first = this.#readByte()
      if (first >> 5 !== 3) throw refused('a map key that is no text')
      const size = this.#readSize(first & 31)
      const from = this.#at
      if (!this.#isAfter(before, sizeBefore, from, size)) throw refused('map keys that do not rise')
      const name = this.#readText(size)
      map[name] = this.#readValue(depthLeft - 1)
      before = from
      sizeBefore = size
    }
    return map
  }

  /** True where a key sorts behind the one before it, as encoded: by its length, then by its bytes. */
  #isAfter(before: number, sizeBefore: number, from: number, size: number): boolean {
    if (size !== sizeBefore) return size > sizeBefore
    for (let index = 0; index < size; index++) {
      const difference = (this.#bytes[from + index] ?? 0) - (this.#bytes[before + index] ?? 0)
      if (difference !== 0) return difference > 0
    }
    return false
  }
}

function readSimple(first: number): null | boolean {
  if (first === 0xf4) return false
  if (first === 0xf5) return true
  if (first === 0xf6) return null
  throw refused('a tag, float, undefined or simple value')
}
