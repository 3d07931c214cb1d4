import { describe, expect, it } from 'vitest'
import * as codec from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const bases = {
  base64: [codec.toBase64, codec.fromBase64, 'base64'],
  base64url: [codec.toBase64Url, codec.fromBase64Url, 'base64url'],
  base32: [codec.toBase32, codec.fromBase32, undefined],
  base32lower: [codec.toBase32Lower, codec.fromBase32Lower, undefined],
  base58: [codec.toBase58, codec.fromBase58, undefined],
} as const

describe('base-N', () => {
  it.each(Object.entries(bases))('%s: every length up to 70 there and back, as Node writes it', (_, base) => {
    const [encode, decode, nodeName] = base
    const random = createSeededRandomness(1)
    for (let size = 0; size <= 70; size++) {
      for (const bytes of [random.bytes(size), new Uint8Array(size), new Uint8Array(size).fill(255)]) {
        const text = encode(bytes)
        expect(decode(text)).toEqual(bytes)
        if (nodeName !== undefined) expect(text).toBe(Buffer.from(bytes).toString(nodeName))
      }
    }
  })

  it('knows the vectors of RFC 4648 and of base58', () => {
    expect(codec.toBase32(codec.utf8('foobar'))).toBe('MZXW6YTBOI')
    expect(codec.toBase64(codec.utf8('foob'))).toBe('Zm9vYg==')
    expect(codec.toBase58(codec.utf8('Hello World!'))).toBe('2NEpo7TZRRrLZSi2U')
    expect(codec.toBase58(Uint8Array.of(0, 0, 40, 127, 180, 205))).toBe('11233QC4')
  })

  it('refuses padding, stray bits, lengths and letters that are not its own', () => {
    for (const text of ['Zg', 'Zg=', 'Zh==', 'Zg==\n', 'Z===', '====', 'Zm9v====', 'Zm-_', 'Zg==Zg==', '=']) {
      expectCode('ERR_CODEC_TEXT', () => codec.fromBase64(text))
    }
    for (const text of ['Zg==', 'Zh', 'Z', 'Zm+/']) expectCode('ERR_CODEC_TEXT', () => codec.fromBase64Url(text))
    for (const text of ['MZ', 'M', 'mzxq', 'MZXW6===', 'M1']) expectCode('ERR_CODEC_TEXT', () => codec.fromBase32(text))
    for (const text of ['0', 'O', 'I', 'l', '1 ', '1'.repeat(129)])
      expectCode('ERR_CODEC_TEXT', () => codec.fromBase58(text))
  })

  it.each(Object.entries(bases))('%s: 10,000 mutations, what is taken is spelled the one way', (_, base) => {
    const [encode, decode] = base
    const random = createSeededRandomness(2)
    for (let round = 0; round < 10_000; round++) {
      const text = mutateText(encode(random.bytes(1 + random.below(40))), random)
      const read = valueOrCode(() => decode(text))
      if ('value' in read) expect(encode(read.value)).toBe(text)
      else expect(read.code).toBe('ERR_CODEC_TEXT')
    }
  })
})
