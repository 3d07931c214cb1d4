import { describe, expect, it } from 'vitest'
import {
  fromBase32,
  nkeyPrivateText,
  nkeySeedText,
  nkeyText,
  parseNkey,
  toBase32,
  type NkeyLetter,
} from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const letters: NkeyLetter[] = ['A', 'C', 'M', 'N', 'O', 'U', 'V', 'X']
const bytes = createSeededRandomness(9).bytes(32)

/** The text with one base32 character replaced and the checksum left as it was. */
const replaced = (text: string, at: number, letter: string) => text.slice(0, at) + letter + text.slice(at + 1)

describe('nkeys', () => {
  it('begin with their letter and have their length', () => {
    for (const letter of letters) {
      expect(nkeyText(letter, bytes)).toMatch(new RegExp(`^${letter}[A-Z2-7]{55}$`))
      expect(nkeySeedText(letter, bytes)).toMatch(new RegExp(`^S${letter}[A-Z2-7]{56}$`))
      expect(parseNkey(nkeyText(letter, bytes), letter)).toEqual({ kind: letter, bytes })
      expect(parseNkey(nkeySeedText(letter, bytes), 'seed')).toEqual({ kind: 'S', seedOf: letter, bytes })
    }
    const both = Uint8Array.of(...bytes, ...bytes)
    expect(nkeyPrivateText(bytes, bytes)).toMatch(/^P[A-Z2-7]{107}$/)
    expect(parseNkey(nkeyPrivateText(bytes, bytes), 'private')).toEqual({ kind: 'P', bytes: both })
    expectCode('ERR_KEYS_LENGTH', () => nkeyText('A', bytes.subarray(1)))
  })

  it('are checked in the order of the page: the first failure wins', () => {
    const text = nkeyText('N', bytes)
    const seed = nkeySeedText('N', bytes)
    expectCode('ERR_CODEC_TEXT', () => parseNkey(text.toLowerCase()))
    expectCode('ERR_CODEC_TEXT', () => parseNkey(`${text}=`))
    expectCode('ERR_KEYS_LENGTH', () => parseNkey(text.slice(1)))
    expectCode('ERR_KEYS_LENGTH', () => parseNkey(''))
    expectCode('ERR_KEYS_LENGTH', () => parseNkey(`S${text.slice(1)}`))
    // The last of 58 characters has two unused bits: three other spellings.
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(seed.slice(-1))
    for (const extra of [1, 2, 3]) {
      expectCode('ERR_CODEC_TEXT', () =>
        parseNkey(replaced(seed, 57, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(last + extra))),
      )
    }
    expectCode('ERR_KEYS_CHECKSUM', () => parseNkey(replaced(text, 9, text[9] === 'A' ? 'B' : 'A')))
    expectCode('ERR_KEYS_KIND', () => parseNkey(text, 'x25519'))
    expectCode('ERR_KEYS_KIND', () => parseNkey(seed, 'ed25519'))
    expectCode('ERR_KEYS_KIND', () => parseNkey(nkeyText('X', bytes), 'ed25519'))
    expectCode('ERR_KEYS_KIND', () => parseNkey(text, 'private'))
  })

  it('refuse a prefix that is none of the ten, never mapping it to a default', () => {
    const known = new Set([0x00, 0x10, 0x60, 0x68, 0x70, 0xa0, 0xa8, 0xb8, 0x78, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95])
    for (let first = 0; first < 256; first++) {
      if (known.has(first) || first >> 3 === 18 || first >> 3 === 15) continue
      expectCode('ERR_KEYS_PREFIX', () => parseNkey(withPrefix(Uint8Array.of(first), bytes)))
    }
    for (let kind = 0; kind < 256; kind++) {
      const text = withPrefix(Uint8Array.of(0x90 | (kind >> 5), (kind & 31) << 3), bytes)
      const read = valueOrCode(() => parseNkey(text))
      if ('value' in read) expect(letters).toContain(read.value.seedOf)
      else expect(read.code).toBe('ERR_KEYS_PREFIX')
    }
    expectCode('ERR_KEYS_PREFIX', () => parseNkey(withPrefix(Uint8Array.of(0x93, 0x41), bytes)))
  })

  it('sec/FZ6 10,000 mutations: none is another key', () => {
    const random = createSeededRandomness(10)
    const texts = [...letters.flatMap((letter) => [nkeyText(letter, bytes), nkeySeedText(letter, bytes)])]
    texts.push(nkeyPrivateText(bytes, bytes))
    for (let round = 0; round < 10_000; round++) {
      const text = mutateText(random.pick(texts), random)
      const read = valueOrCode(() => parseNkey(text))
      // A checksum of 16 bits would let one in 65,536 through; this seed meets none.
      if ('value' in read) expect(texts).toContain(text)
    }
  })
})

/** An nkey of any prefix bytes with a checksum that fits. */
function withPrefix(prefix: Uint8Array, key: Uint8Array): string {
  const body = Uint8Array.of(...prefix, ...key)
  let crc = 0
  for (const byte of body) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  const text = toBase32(Uint8Array.of(...body, crc & 255, crc >> 8))
  expect(fromBase32(text)).toHaveLength(body.length + 2)
  return text
}
