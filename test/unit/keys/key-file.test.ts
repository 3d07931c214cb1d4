import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../../src/base/index.ts'
import { fromBase64, toBase64, toHex, utf8 } from '../../../src/codec/index.ts'
import {
  describeKeyFile,
  formatPublicKeyFile,
  formatUnlockedKeyFile,
  generateBoxKey,
  generateIdentity,
  lockKeyFile,
  openKeyFile,
  type Identity,
} from '../../../src/keys/index.ts'
import { expectCode, expectCodeLater } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(40)
const identity = generateIdentity(random)
const box = generateBoxKey(random)
const password = utf8('correct horse ☃')
/** As cheap as the format allows: the tests are about verdicts, not about guessing. */
const cost = { memory: 32, iterations: 1, parallelism: 4 }
const path = 'keys/default.key'

interface Written {
  type: string
  data: Record<string, unknown> & { aopts?: Record<string, unknown> }
}

const lock = (parts: object = {}) => lockKeyFile({ secret: identity, password, random, cost, ...parts })
const changed = (text: string, change: (file: Written) => void): string => {
  const file = JSON.parse(text) as Written
  change(file)
  return JSON.stringify(file)
}

describe('unlocked key files', () => {
  it('have the form of Constellation and Tessera, and open to the same key', async () => {
    const text = formatUnlockedKeyFile(identity)
    expect(text).toMatch(/^\{"type":"unlocked","data":\{"bytes":"[A-Za-z0-9+/]{43}="\}\}\n$/)
    expect(describeKeyFile(text, path)).toEqual({ locked: false })
    const opened = await openKeyFile(text, { path, publicText: formatPublicKeyFile(identity) })
    expect(opened.publicKey).toEqual(identity.publicKey)
    expect((opened as Identity).peer).toBe(identity.peer)
  })

  it('hold box keys too: the .pub beside them tells the kind', async () => {
    const text = formatUnlockedKeyFile(box)
    expect(formatPublicKeyFile(box)).toHaveLength(45)
    expect(formatPublicKeyFile(identity)).toBe(`${identity.axKey}\n`)
    const opened = await openKeyFile(text, { path, publicText: formatPublicKeyFile(box) })
    expect(opened.kind).toBe('x25519')
    expect(opened.publicKey).toEqual(box.publicKey)
    expect((await openKeyFile(text, { path, kind: 'x25519' })).publicKey).toEqual(box.publicKey)
  })

  it('sec/K2 are refused beside a .pub that does not fit', async () => {
    const text = formatUnlockedKeyFile(identity)
    const other = formatPublicKeyFile(generateIdentity(random))
    await expectCodeLater('ERR_KEYS_MISMATCH', openKeyFile(text, { path, publicText: other }))
    await expectCodeLater('ERR_KEYS_MISMATCH', openKeyFile(text, { path, publicText: formatPublicKeyFile(box) }))
    await expectCodeLater('ERR_CODEC_TEXT', openKeyFile(text, { path, publicText: 'nonsense!' }))
  })

  it('are read with members in any order and any white space', async () => {
    const { data } = JSON.parse(formatUnlockedKeyFile(identity)) as Written
    const text = `\r\n{ "data" :\n{"bytes":\t"${String(data['bytes'])}"} , "type":"unlocked" }`
    expect((await openKeyFile(text, { path })).publicKey).toEqual(identity.publicKey)
  })
})

describe('locked key files', () => {
  it('open with their password, and with it alone', async () => {
    for (const variant of ['id', 'i', 'd'] as const) {
      const text = await lock({ variant })
      expect(text).toMatch(
        /^\{"type":"argon2sbox","data":\{"asalt":"[^"]{44}","aopts":\{"variant":"(id|i|d)","memory":32,"iterations":1,"parallelism":4,"version":"1.3"\},"snonce":"[^"]{32}","sbox":"[^"]{64}"\}\}\n$/,
      )
      expect(describeKeyFile(text, path)).toMatchObject({ locked: true, cost: { variant } })
      expect((await openKeyFile(text, { path, password })).publicKey).toEqual(identity.publicKey)
      await expectCodeLater('ERR_KEYS_LOCKED', openKeyFile(text, { path }))
      await expectCodeLater('ERR_KEYS_PASSWORD', openKeyFile(text, { path, password: utf8('correct horse') }))
      await expectCodeLater('ERR_KEYS_PASSWORD', openKeyFile(text, { path, password: new Uint8Array() }))
    }
    await expectCodeLater('ERR_INVALID_INPUT', lock({ password: new Uint8Array() }))
  })

  it('sec/K1 do not open with any of 100 wrong passwords', async () => {
    const text = await lock()
    const wrong = Array.from({ length: 100 }, () => utf8(mutateText('correct horse', random).replaceAll('\ufeff', '')))
    for (const guess of wrong) {
      const error = await expectCodeLater('ERR_KEYS_PASSWORD', openKeyFile(text, { path, password: guess }))
      expect(error.message).not.toContain('horse')
    }
  })

  it('take a fresh salt and nonce each time, and hold no private byte in the open', async () => {
    const [first, second] = [await lock(), await lock()].map((text) => (JSON.parse(text) as Written).data)
    expect(first!['asalt']).not.toBe(second!['asalt'])
    expect(first!['snonce']).not.toBe(second!['snonce'])
    const { data } = JSON.parse(formatUnlockedKeyFile(identity)) as Written
    const sbox = Buffer.from(first!['sbox'] as string, 'base64')
    expect(sbox.includes(Buffer.from(data['bytes'] as string, 'base64'))).toBe(false)
  })

  it('ask for RFC 9106 unless told otherwise, and say what they cost', async () => {
    const text = await lockKeyFile({ secret: box, password, random })
    expect(describeKeyFile(text, path).cost).toEqual({
      variant: 'id',
      memory: 65_536,
      iterations: 3,
      parallelism: 4,
      version: '1.3',
    })
    expect((await openKeyFile(text, { path, password, kind: 'x25519' })).publicKey).toEqual(box.publicKey)
  })

  it('take Argon2 1.0 where they say so, and do not take one for the other', async () => {
    const old = await lock({ cost: { ...cost, version: '1.0' } })
    expect((await openKeyFile(old, { path, password })).publicKey).toEqual(identity.publicKey)
    const renamed = changed(old, ({ data }) => (data.aopts!['version'] = '1.3'))
    await expectCodeLater('ERR_KEYS_PASSWORD', openKeyFile(renamed, { path, password }))
    const silent = changed(await lock(), ({ data }) => delete data.aopts!['version'])
    expect((await openKeyFile(silent, { path, password })).publicKey).toEqual(identity.publicKey)
  })

  it('keep their public half when they are locked anew', async () => {
    const opened = await openKeyFile(await lock(), { path, password })
    const again = await lockKeyFile({ secret: opened, password: utf8('another'), random, cost })
    expect(formatPublicKeyFile(await openKeyFile(again, { path, password: utf8('another') }))).toBe(
      formatPublicKeyFile(identity),
    )
  })

  it('sec/K2 sec/FZ8 do not open when any byte of any value was changed', async () => {
    const text = await lock()
    for (const name of ['asalt', 'snonce', 'sbox']) {
      const bytes = fromBase64((JSON.parse(text) as Written).data[name] as string)
      for (let index = 0; index < bytes.length; index++) {
        const tampered = changed(text, ({ data }) => {
          data[name] = toBase64(bytes.map((byte, at) => (at === index ? byte ^ (1 << random.below(8)) : byte)))
        })
        await expectCodeLater('ERR_KEYS_PASSWORD', openKeyFile(tampered, { path, password }))
      }
    }
    for (const [name, value] of Object.entries({ memory: 33, iterations: 2, parallelism: 3, variant: 'i' })) {
      const tampered = changed(text, ({ data }) => (data.aopts![name] = value))
      await expectCodeLater('ERR_KEYS_PASSWORD', openKeyFile(tampered, { path, password }))
    }
  })

  it('sec/FZ8 are refused truncated at every byte', async () => {
    for (const text of [await lock(), formatUnlockedKeyFile(identity)]) {
      for (let size = 0; size < text.length - 1; size++) {
        const error = await expectCodeLater('ERR_KEYS_FILE', openKeyFile(text.slice(0, size), { path, password }))
        expect(error.cause).toBe(undefined)
      }
    }
  })

  it('sec/FZ8 10,000 mutations: only the original key comes out', async () => {
    const texts = [await lock(), formatUnlockedKeyFile(identity)]
    const codes = new Set<string>()
    for (let round = 0; round < 10_000; round++) {
      const text = mutateText(random.pick(texts), random)
      const opened = await openKeyFile(text, {
        path,
        password,
        publicText: formatPublicKeyFile(identity),
        memoryKibMax: 64,
      }).catch((error: unknown) => error as { code: string })
      if ('code' in opened) codes.add(opened.code)
      else expect(opened.publicKey).toEqual(identity.publicKey)
    }
    const known = ['ERR_KEYS_COST', 'ERR_KEYS_FILE', 'ERR_KEYS_MISMATCH', 'ERR_KEYS_PASSWORD']
    expect(known).toEqual(expect.arrayContaining([...codes]))
  })
})

describe('sec/K1 the cost of a key file', () => {
  it('is bounded before anything is allocated, and the parameter is named', async () => {
    const text = await lock()
    const dear: [parameter: string, aopts: object][] = [
      ['memory', { memory: 1_048_577 }],
      ['memory', { memory: 2 ** 32 }],
      ['memory', { memory: Number.MAX_SAFE_INTEGER }],
      ['iterations', { iterations: 65 }],
      ['parallelism', { parallelism: 65, memory: 65 * 8 }],
      ['memory x iterations', { memory: 1_048_576, iterations: 17 }],
    ]
    for (const [parameter, aopts] of dear) {
      const file = changed(text, ({ data }) => Object.assign(data.aopts!, aopts))
      // Also without a password: nobody should be asked for one in vain.
      const error = await expectCodeLater('ERR_KEYS_COST', openKeyFile(file, { path }))
      expect(error.data['parameter']).toBe(parameter)
    }
    expect(errorCodes.ERR_KEYS_COST.hint).toContain('--max-memory')
  })

  it('can be raised by who trusts the file, and lowered', async () => {
    const text = await lock()
    const dear = changed(text, ({ data }) => (data.aopts!['memory'] = 2_000_000))
    await expectCodeLater('ERR_KEYS_LOCKED', openKeyFile(dear, { path, memoryKibMax: 4_000_000 }))
    await expectCodeLater('ERR_KEYS_COST', openKeyFile(text, { path, password, memoryKibMax: 31 }))
  })

  it('must not be too small either, nor be anything but the known values', () => {
    const bad: object[] = [
      { memory: 31 },
      { memory: 0 },
      { iterations: 0 },
      { parallelism: 0 },
      { variant: 'x' },
      { version: '1.1' },
      { version: 19 },
      { memory: '32' },
      { extra: 1 },
    ]
    const check = async (aopts: object) => {
      const file = changed(await lock(), ({ data }) => Object.assign(data.aopts!, aopts))
      await expectCodeLater('ERR_KEYS_FILE', openKeyFile(file, { path, password }))
    }
    return Promise.all(bad.map(check))
  })

  it('of salts: 8 to 64 bytes', async () => {
    for (const size of [7, 65]) {
      const file = changed(await lock(), ({ data }) => (data['asalt'] = toBase64(new Uint8Array(size))))
      await expectCodeLater('ERR_KEYS_FILE', openKeyFile(file, { path, password }))
    }
    for (const size of [8, 64]) {
      const file = changed(await lock(), ({ data }) => (data['asalt'] = toBase64(new Uint8Array(size))))
      await expectCodeLater('ERR_KEYS_PASSWORD', openKeyFile(file, { path, password }))
    }
  })
})

describe('what is no key file', () => {
  it('is refused with the path and without a byte of it', () => {
    const seed = toHex(random.bytes(32))
    for (const text of [
      '',
      '{}',
      'null',
      '[]',
      seed,
      `{"type":"vault","data":{}}`,
      `{"type":"unlocked","data":{"bytes":"${seed}"}}`,
      `{"type":"unlocked","data":{"bytes":"AAAA"}}`,
    ]) {
      const error = expectCode('ERR_KEYS_FILE', () => describeKeyFile(text, path))
      expect(error.message).toContain(path)
      expect(error.message).not.toContain(seed.slice(0, 8))
    }
    expectCode('ERR_KEYS_FILE', () => describeKeyFile(' '.repeat(20_000), path))
  })
})
