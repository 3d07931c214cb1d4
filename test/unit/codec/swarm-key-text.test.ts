import { describe, expect, it } from 'vitest'
import { concatBytes, formatSwarmKey, parseSwarmKey, toBase64, toHex, utf8 } from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const key = createSeededRandomness(11).bytes(32)
const file = formatSwarmKey(key, 'file')
const forms = ['file', 'file-base64', 'base64'] as const

describe('swarm key texts', () => {
  it('are three, of 96, 128 and 44 characters, for one value', () => {
    expect(forms.map((form) => formatSwarmKey(key, form).length)).toEqual([96, 128, 44])
    for (const form of forms) {
      expect(parseSwarmKey(formatSwarmKey(key, form))).toEqual(key)
      expect(parseSwarmKey(utf8(formatSwarmKey(key, form)))).toEqual(key)
      expect(parseSwarmKey(Buffer.from(formatSwarmKey(key, form)))).toEqual(key)
      expect(parseSwarmKey(`${formatSwarmKey(key, form).trimEnd()}\n`)).toEqual(key)
    }
    expect(formatSwarmKey(key, 'file')).toBe(`/key/swarm/psk/1.0.0/\n/base16/\n${toHex(key)}\n`)
    expectCode('ERR_SWARM_KEY_FORMAT', () => formatSwarmKey(key.subarray(1), 'file'))
  })

  it('are read as leniently as kubo reads them, and no further', () => {
    const header = '/key/swarm/psk/1.0.0/\n'
    const lenient = [
      file.trimEnd(),
      file.replaceAll('\n', '\r\n'),
      file.replace(toHex(key), toHex(key).toUpperCase()),
      `${header}/base64/\n${toBase64(key)}\n`,
      `${header}/base64/\r\n${toBase64(key)}`,
      toBase64(utf8(file.trimEnd())),
      toBase64(utf8(file.replaceAll('\n', '\r\n'))),
    ]
    for (const text of lenient) expect(parseSwarmKey(text)).toEqual(key)
    for (const end of ['', '\n', '\r\n']) {
      expect(parseSwarmKey(concatBytes(utf8(`${header}/bin/\n`), key, utf8(end)))).toEqual(key)
    }
    const broken = [
      '',
      '\n',
      'swarm',
      header,
      ` ${file}`,
      `\u{feff}${file}`,
      `${file}\n`,
      `${file}x`,
      file.replace('/base16/', '/base32/'),
      file.replace('/base16/', '/base16/ '),
      file.replace('1.0.0', '2.0.0'),
      file.replace('\n', ''),
      file.slice(0, -3),
      `${header}/base64/\n${toHex(key)}\n`,
      `${header}/bin/\n${toHex(key)}\n`,
      toBase64(key.subarray(1)),
      toBase64(utf8(toBase64(key))),
      toHex(key),
      `${header}${'/'.repeat(100_000)}`,
    ]
    for (const text of broken) expectCode('ERR_SWARM_KEY_FORMAT', () => parseSwarmKey(text))
  })

  it('sec/K6 say which line is wrong and never the key', () => {
    const error = expectCode('ERR_SWARM_KEY_FORMAT', () => parseSwarmKey(file.slice(0, -3)))
    expect(error.message).toContain('line 3')
    for (let size = 1; size < file.length; size++) {
      const read = valueOrCode(() => parseSwarmKey(file.slice(0, size)))
      if ('value' in read) expect(read.value).toEqual(key)
    }
    expect(error.cause).toBe(undefined)
    expect(error.message).not.toContain(toHex(key).slice(0, 8))
  })

  it('sec/FZ4 10,000 mutations: what is taken prints back to what is taken', () => {
    const random = createSeededRandomness(12)
    for (let round = 0; round < 10_000; round++) {
      const form = random.pick(forms)
      const text = mutateText(formatSwarmKey(key, form), random)
      const read = valueOrCode(() => parseSwarmKey(text))
      if ('code' in read) {
        expect(read.code).toBe('ERR_SWARM_KEY_FORMAT')
        continue
      }
      expect(read.value).toHaveLength(32)
      expect(parseSwarmKey(formatSwarmKey(read.value, form))).toEqual(read.value)
      // The lenient spellings of the same key, or another key spelled out in full.
      const spelledOut = [formatSwarmKey(read.value, 'file'), formatSwarmKey(read.value, 'base64')]
      const same = Buffer.from(read.value).equals(key)
      expect(
        same || text.toLowerCase().includes(toHex(read.value)) || form !== 'file' || spelledOut.includes(text),
      ).toBe(true)
    }
  })
})
