import { describe, expect, it } from 'vitest'
import { decodeCbor, encodeCbor, fromHex, toHex, type CborValue } from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateBytes } from '../../helpers/mutate.ts'
import { randomCbor } from '../../helpers/random-cbor.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const refused: [why: string, hex: string][] = [
  ['nothing', ''],
  ['a second value', '0101'],
  ['a longer integer', '1801'],
  ['a longer length of text', '780161'],
  ['a longer length of a list', '980101'],
  ['indefinite bytes', '5f4101ff'],
  ['indefinite text', '7f6161ff'],
  ['an indefinite list', '9f01ff'],
  ['an indefinite map', 'bf616101ff'],
  ['unsorted keys', 'a2616201616101'],
  ['keys by length and then by bytes', 'a262616101616201'],
  ['a key that stands twice', 'a2616101616101'],
  ['a key of bytes', 'a1416101'],
  ['a key of an integer', 'a10101'],
  ['a tag', 'c101'],
  ['undefined', 'f7'],
  ['a half float', 'f93c00'],
  ['a double', 'fb3ff0000000000000'],
  ['NaN', 'f97e00'],
  ['a simple value', 'f0'],
  ['a break alone', 'ff'],
  ['text that is no UTF-8', '62c080'],
  ['a surrogate in UTF-8', '63eda080'],
  ['2^53', '1b0020000000000000'],
  ['-2^53 - 1', '3b0020000000000000'],
  ['2^64 - 1', '1bffffffffffffffff'],
  ['a list cut', '8201'],
  ['a map without its value', 'a16161'],
  ['bytes cut', '420a'],
  ['4 GiB of bytes claimed', '5affffffff'],
  ['2^32 elements claimed', '9affffffff'],
  ['2^53 elements claimed', 'bb001fffffffffffff'],
]

describe('deterministic CBOR', () => {
  it('sec/FZ1 refuses everything that is not the one form', () => {
    for (const [why, hex] of refused) {
      const error = expectCode('ERR_CODEC_CBOR', () => decodeCbor(fromHex(hex)))
      expect(error.message, why).not.toBe('')
    }
  })

  it('refuses to write what the profile cannot hold', () => {
    const values: unknown[] = [
      1.5,
      -0,
      NaN,
      Infinity,
      2 ** 53,
      1n,
      undefined,
      'a\udc00',
      new Date(0),
      new Map(),
      () => 1,
    ]
    for (const value of [...values, Symbol('s'), { a: undefined }, [undefined], { ['\ud800']: 1 }]) {
      expectCode('ERR_CODEC_CBOR', () => encodeCbor(value as CborValue))
    }
  })

  it('gives maps that inherit nothing, names like __proto__ included', () => {
    const map = decodeCbor(fromHex('a1695f5f70726f746f5f5f01')) as Record<string, unknown>
    const inherited: object = Object.getPrototypeOf(map) as object
    expect(Reflect.ownKeys(inherited)).toEqual([])
    expect(Object.getPrototypeOf(inherited)).toBe(null)
    expect(Object.isFrozen(inherited)).toBe(true)
    expect(Object.keys(map)).toEqual(['__proto__'])
    expect(map['constructor']).toBe(undefined)
    expect(toHex(encodeCbor(map as CborValue))).toBe('a1695f5f70726f746f5f5f01')
  })

  it('shares the memory of long byte strings where it may, and never that of short ones', () => {
    const whole = encodeCbor([new Uint8Array(64).fill(1), new Uint8Array(65).fill(2)])
    const buffers = (isShared: boolean): boolean[] =>
      (decodeCbor(whole, { isShared }) as Uint8Array[]).map(({ buffer }) => buffer === whole.buffer)
    expect(buffers(true)).toEqual([false, true])
    expect(buffers(false)).toEqual([false, false])
    expect(decodeCbor(whole, { isShared: true })).toEqual(decodeCbor(whole))
  })

  it('bounds depth and count', () => {
    const nested = (depth: number): CborValue => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(decodeCbor(encodeCbor(nested(16)))).toEqual(nested(16))
    expectCode('ERR_CODEC_CBOR', () => encodeCbor(nested(17)))
    expectCode('ERR_CODEC_CBOR', () => decodeCbor(Uint8Array.of(...new Array<number>(17).fill(0x81), 1)))
    expectCode('ERR_CODEC_CBOR', () => decodeCbor(encodeCbor(nested(9)), { depthMax: 8 }))
    expect(decodeCbor(encodeCbor(new Array<number>(9_999).fill(0)))).toHaveLength(9_999)
    expectCode('ERR_CODEC_CBOR', () => decodeCbor(encodeCbor(new Array<number>(10_000).fill(0))))
    const emptyMaps = new Uint8Array(1_000_005).fill(0xa0)
    emptyMaps.set([0x9a, 0, 0x0f, 0x42, 0x40])
    expectCode('ERR_CODEC_CBOR', () => decodeCbor(emptyMaps))
  })

  it('does not keep the buffer it read from', () => {
    const bytes = encodeCbor({ a: Uint8Array.of(1, 2) })
    const map = decodeCbor(bytes) as { a: Uint8Array }
    bytes.fill(0)
    expect(map.a).toEqual(Uint8Array.of(1, 2))
  })

  it('sec/FZ1 reads what it writes, for random values', () => {
    const random = createSeededRandomness(3)
    for (let round = 0; round < 2_000; round++) {
      const value = randomCbor(random)
      expect(decodeCbor(encodeCbor(value))).toEqual(value)
    }
  })

  it('sec/FZ1 10,000 mutations and every truncation: what is taken is written back to the byte', () => {
    const random = createSeededRandomness(4)
    for (let round = 0; round < 10_000; round++) {
      const bytes = mutateBytes(encodeCbor(randomCbor(random)), random)
      const read = valueOrCode(() => decodeCbor(bytes))
      if ('value' in read) expect(encodeCbor(read.value)).toEqual(bytes)
      else expect(read.code).toBe('ERR_CODEC_CBOR')
    }
    const whole = encodeCbor({ t: new Uint8Array(32), p: [new Uint8Array(32)], n: 300, c: 'AddDevice', b: { x: null } })
    for (let size = 0; size < whole.length; size++)
      expectCode('ERR_CODEC_CBOR', () => decodeCbor(whole.subarray(0, size)))
  })

  it('sec/FZ1 every head of one and two bytes: what is taken is written back to the byte', () => {
    const room = new Uint8Array(300)
    let taken = 0
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second += 7) {
        for (const size of [1, 2, 3, 5, 9, 26]) {
          const bytes = Uint8Array.from(room.subarray(0, size), (_, i) => [first, second, 0x61][i] ?? 0x61)
          const read = valueOrCode(() => decodeCbor(bytes))
          if (!('value' in read)) continue
          taken++
          expect(toHex(encodeCbor(read.value))).toBe(toHex(bytes))
          break
        }
      }
    }
    expect(taken).toBeGreaterThan(1_000)
  })
})
