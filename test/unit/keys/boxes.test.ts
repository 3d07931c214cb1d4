import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/codec/index.ts'
import { generateBoxKey, openKeys } from '../../../src/keys/index.ts'
import { openBackends } from '../../helpers/backends.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(90)
const secret = random.bytes(32)

describe('sealed boxes', () => {
  it('of a secret have 80 bytes, are the same on both builds, and each opens what the other made', async () => {
    const pair = generateBoxKey(random)
    const boxes = (await openBackends()).map((keys) => keys.sealTo(pair.publicKey, secret, createSeededRandomness(1)))
    const [first] = boxes
    for (const box of boxes) expect(new Uint8Array(box)).toEqual(new Uint8Array(first as Uint8Array))
    expect(first).toHaveLength(80)
    for (const keys of await openBackends())
      for (const box of boxes) expect(new Uint8Array(keys.openSealed(pair, box) ?? [])).toEqual(secret)
  })

  it('open for nobody else, and not with any byte changed', async () => {
    for (const keys of await openBackends()) {
      const pair = generateBoxKey(random)
      const box = keys.sealTo(pair.publicKey, secret, random)
      expect(keys.openSealed(generateBoxKey(random), box)).toBeUndefined()
      for (let at = 0; at < box.length; at++) {
        const changed = box.slice()
        changed[at] = (changed[at] ?? 0) ^ 1
        expect(keys.openSealed(pair, changed), `byte ${at}`).toBeUndefined()
        expect(keys.openSealed(pair, box.subarray(0, at)), `cut at ${at}`).toBeUndefined()
      }
    }
  })

  it('are not made for a key of small order', async () => {
    for (const keys of await openBackends())
      expectCode('ERR_KEYS_POINT', () => keys.sealTo(new Uint8Array(32), secret, random))
  })
})

describe('encryption under a key', () => {
  const key = random.bytes(32)
  const data = utf8('bound to this')

  it('gives the same bytes on both builds, and each opens what the other made', async () => {
    const sealed = (await openBackends()).map((keys) => keys.encrypt(key, secret, data, createSeededRandomness(2)))
    for (const one of sealed) {
      expect(one).toHaveLength(72)
      expect(new Uint8Array(one)).toEqual(new Uint8Array(sealed[0] as Uint8Array))
      for (const keys of await openBackends())
        expect(new Uint8Array(keys.decrypt(key, one, data) ?? [])).toEqual(secret)
    }
  })

  it('opens under this key, with this data and these bytes only', async () => {
    for (const keys of await openBackends()) {
      const sealed = keys.encrypt(key, secret, data, random)
      expect(keys.decrypt(random.bytes(32), sealed, data)).toBeUndefined()
      expect(keys.decrypt(key, sealed, utf8('bound to that'))).toBeUndefined()
      for (let at = 0; at < sealed.length; at++) {
        const changed = sealed.slice()
        changed[at] = (changed[at] ?? 0) ^ 1
        expect(keys.decrypt(key, changed, data), `byte ${at}`).toBeUndefined()
        expect(keys.decrypt(key, sealed.subarray(0, at), data), `cut at ${at}`).toBeUndefined()
      }
    }
  })

  it('is not the same twice', async () => {
    const keys = await openKeys()
    expect(keys.encrypt(key, secret, data, random)).not.toEqual(keys.encrypt(key, secret, data, random))
  })
})
