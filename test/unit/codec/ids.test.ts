import { describe, expect, it } from 'vitest'
import { formatId, idText, looksLikeId, parseId, readId, type IdKind } from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const kinds: IdKind[] = ['team', 'dev', 'cmd', 'inv']
const id = createSeededRandomness(6).bytes(32)

describe('ids', () => {
  it('have a text with their kind', () => {
    for (const kind of kinds) {
      expect(idText(kind, id)).toMatch(new RegExp(`^${kind}_b[a-z2-7]{52}$`))
      expect(parseId(kind, idText(kind, id))).toEqual(id)
      expect(looksLikeId(kind, idText(kind, id))).toBe(true)
    }
  })

  it('serialize and deserialize in every scheme', () => {
    for (const kind of kinds) {
      for (const scheme of ['raw', 'base32', 'hex'] as const) {
        expect(readId(scheme, kind, formatId(scheme, kind, id))).toEqual(id)
      }
    }
    expectCode('ERR_CODEC_TEXT', () => readId('raw', 'team', idText('team', id)))
    expectCode('ERR_CODEC_TEXT', () => readId('hex', 'team', id))
    expectCode('ERR_CODEC_TEXT', () => readId('hex', 'team', 'ab'))
    expectCode('ERR_CODEC_TEXT', () => readId('raw', 'team', new Uint8Array(31)))
  })

  it('refuse the prefix of another kind', () => {
    expectCode('ERR_CODEC_TEXT', () => parseId('dev', idText('team', id)))
    expectCode('ERR_CODEC_TEXT', () => parseId('team', idText('team', id).slice(5)))
  })

  it('sec/FZ4 10,000 mutations: one spelling', () => {
    const random = createSeededRandomness(7)
    for (let round = 0; round < 10_000; round++) {
      const kind = random.pick(kinds)
      const text = mutateText(idText(kind, random.bytes(32)), random)
      const read = valueOrCode(() => parseId(kind, text))
      if ('value' in read) expect(idText(kind, read.value)).toBe(text)
    }
  })
})
