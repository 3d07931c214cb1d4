import { describe, expect, it } from 'vitest'
import { compareBytes, concatBytes, equalBytes, fromHex, fromUtf8, toHex, utf8 } from '../../../src/codec/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'

describe('bytes', () => {
  it('joins, compares and orders', () => {
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3))
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false)
    const sorted = [Uint8Array.of(2), Uint8Array.of(1, 255), Uint8Array.of(1), new Uint8Array()].sort(compareBytes)
    expect(sorted.map((bytes) => toHex(bytes))).toEqual(['', '01', '01ff', '02'])
  })

  it('reads hex in one spelling', () => {
    expect(fromHex('00ff10')).toEqual(Uint8Array.of(0, 255, 16))
    expect(toHex(Uint8Array.of(0, 255, 16))).toBe('00ff10')
    for (const text of ['0', 'FF', '0g', '0x', ' 00', '٠٠']) expectCode('ERR_CODEC_TEXT', () => fromHex(text))
  })

  it('reads strict UTF-8', () => {
    expect(fromUtf8(utf8('Grüße ☃ 𝕏\u{feff}'))).toBe('Grüße ☃ 𝕏\u{feff}')
    expectCode('ERR_CODEC_TEXT', () => fromUtf8(Uint8Array.of(0xc0, 0x80)))
    expectCode('ERR_CODEC_TEXT', () => fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80)))
    expectCode('ERR_CODEC_TEXT', () => utf8('a\ud800b'))
  })
})
