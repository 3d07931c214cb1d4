import { describe, expect, it } from 'vitest'
import { parseJson, utf8, type JsonOptions } from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const parse = (text: string, options: Partial<JsonOptions> = {}) => parseJson(text, { what: 'It', ...options })

describe('strict JSON', () => {
  it('reads what JSON can say', () => {
    const text =
      ' {"a": [1, 0, true, false, null], "b": {"c": "x\\n\\u00e9\\ud83d\\ude00/\\/"}, "": 9007199254740991}\r\n'
    expect(JSON.stringify(parse(text))).toBe(JSON.stringify(JSON.parse(text)))
    expect(parseJson(utf8(text), { what: 'It' })).toEqual(parse(text))
    expect(Object.getPrototypeOf(parse('{}'))).toBe(null)
    expect(parse('-1.5e3', { numbers: 'any' })).toBe(-1500)
  })

  it('sec/FZ5 refuses what two readers could read differently', () => {
    const broken = [
      '',
      ' ',
      '{"a":1,"a":2}',
      '{"a":1,"\\u0061":2}',
      '{"__proto__":1}',
      '{"__pro\\u0074o__":1}',
      '{"a":1,}',
      '[1,]',
      '[,1]',
      '[1 2]',
      '{"a" 1}',
      '{a:1}',
      "'a'",
      '01',
      '-1',
      '-0',
      '+1',
      '1.0',
      '1e2',
      '9007199254740992',
      'NaN',
      'Infinity',
      'undefined',
      'tru',
      'nulll',
      '"\\ud800"',
      '"\\x41"',
      '"a\nb"',
      '"\u0000"',
      '"a',
      '{} {}',
      '{}x',
      '// c\n1',
      '/**/1',
      '\u{feff}1',
      '\u{a0}1',
      '1\0',
    ]
    for (const text of broken) expectCode('ERR_CODEC_JSON', () => parse(text))
    expectCode('ERR_CODEC_JSON', () => parseJson(Uint8Array.of(0x22, 0xc0, 0x80, 0x22), { what: 'It' }))
    expectCode('ERR_CODEC_JSON', () => parse('1e999', { numbers: 'any' }))
  })

  it('bounds depth and size before it reads', () => {
    expect(parse(`${'['.repeat(16)}${']'.repeat(16)}`)).toBeDefined()
    expectCode('ERR_CODEC_JSON', () => parse(`${'['.repeat(17)}${']'.repeat(17)}`))
    expectCode('ERR_CODEC_JSON', () => parse('['.repeat(1_000_000)))
    expectCode('ERR_CODEC_JSON', () => parse(`"${'x'.repeat(1_048_576)}"`))
    expect(parse(`"${'x'.repeat(1_048_574)}"`)).toHaveLength(1_048_574)
    expectCode('ERR_CODEC_JSON', () => parse('"ééé"', { bytesMax: 7 }))
    expect(parse('"ééé"', { bytesMax: 8 })).toBe('ééé')
    expectCode('ERR_CODEC_JSON', () => parse(`"${'x'.repeat(1_000_000)}`))
  })

  it('accepts one comma before a closing bracket only where asked, and says so', () => {
    let told = 0
    const onTrailingComma = () => {
      told++
    }
    expect(parse('["a",\n]', { onTrailingComma })).toEqual(['a'])
    expect(told).toBe(1)
    for (const text of ['["a",,]', '[,]', '{"a":1,}', '["a"],']) {
      expectCode('ERR_CODEC_JSON', () => parse(text, { onTrailingComma }))
    }
  })

  it('says where, and quotes nothing', () => {
    const error = expectCode('ERR_CODEC_JSON', () => parse('{\n  "secret": "hunter2",\n  "secret": 1\n}'))
    expect(error.message).toContain('line 3')
    expect(error.message).not.toContain('hunter2')
  })

  it('sec/FZ5 10,000 mutations: never more than JSON.parse takes, and the same value', () => {
    const random = createSeededRandomness(16)
    const text = JSON.stringify({
      type: 'unlocked',
      data: { bytes: 'AAA=', list: [1, 2, { x: null }], on: true },
      é: '\u2028',
    })
    for (let round = 0; round < 10_000; round++) {
      const changed = mutateText(text, random)
      const read = valueOrCode(() => parse(changed))
      if ('value' in read) expect(JSON.stringify(read.value)).toBe(JSON.stringify(JSON.parse(changed)))
      else expect(read.code).toBe('ERR_CODEC_JSON')
    }
  })
})
