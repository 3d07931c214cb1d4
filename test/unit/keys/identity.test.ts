import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { labels } from '../../../src/base/index.ts'
import { fromHex, parseAxKey, toBase64, toHex } from '../../../src/codec/index.ts'
import {
  fingerprintText,
  generateBoxKey,
  generateIdentity,
  identityFromSeed,
  openKeys,
  readIdentityText,
  systemRandom,
} from '../../../src/keys/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

/** RFC 8032, 7.1, test 2. */
const rfc = {
  seed: fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
  pk: fromHex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
  message: Uint8Array.of(0x72),
  signature:
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
}

describe('identities', () => {
  it('sign as RFC 8032 says', () => {
    const identity = identityFromSeed(rfc.seed)
    expect(identity.publicKey).toEqual(rfc.pk)
    expect(toHex(identity.signRaw(rfc.message))).toBe(rfc.signature)
  })

  it('come from randomness, replayed by a seed', () => {
    const again = () => generateIdentity(createSeededRandomness(1)).peer
    expect(again()).toBe(again())
    expect(generateIdentity(systemRandom).peer).not.toBe(generateIdentity(systemRandom).peer)
  })

  it('sec/K7 wipe the bytes they were made of', () => {
    const drawn: Uint8Array[] = []
    const random = { bytes: (size: number) => (drawn.push(systemRandom.bytes(size)), drawn.at(-1)!) }
    generateIdentity(random)
    generateBoxKey(random)
    expect(drawn.map((bytes) => toHex(bytes))).toEqual(['00'.repeat(32), '00'.repeat(32)])
  })

  it('sec/K6 show no private byte to a logger, JSON or a spread', () => {
    const seed = systemRandom.bytes(32)
    for (const pair of [identityFromSeed(seed), identityFromSeed(seed)]) {
      const shown = [
        inspect(pair, { depth: 9, showHidden: true }),
        JSON.stringify(pair),
        JSON.stringify(Object.entries(pair)),
      ].join()
      expect(shown).not.toContain(toHex(seed))
      expect(shown).not.toContain(toBase64(seed))
      expect(shown).not.toContain(seed.join(','))
    }
    expect(identityFromSeed(seed).hasSeed(seed)).toBe(true)
    expect(identityFromSeed(seed).hasSeed(systemRandom.bytes(32))).toBe(false)
  })

  it('have a fingerprint as ssh-keygen prints it', () => {
    const pk = parseAxKey('0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I=')
    expect(fingerprintText(pk)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/)
  })

  it('are refused as text where libsodium takes no point', async () => {
    const keys = await openKeys()
    expect(readIdentityText(keys, identityFromSeed(rfc.seed).peer)).toEqual(rfc.pk)
    expectCode('ERR_KEYS_POINT', () => readIdentityText(keys, `0${toBase64(new Uint8Array(32))}`))
    expectCode('ERR_KEYS_POINT', () => readIdentityText(keys, `0${toBase64(new Uint8Array(32).fill(255))}`))
  })

  it('sign under a label what verifies under no other', async () => {
    const keys = await openKeys()
    const identity = generateIdentity(systemRandom)
    const bytes = Uint8Array.of(1, 2, 3)
    const signature = keys.sign(identity, labels.command, bytes)
    expect(signature).toEqual(identity.sign(labels.command, bytes))
    for (const label of Object.values(labels)) {
      expect(keys.verify(identity.publicKey, label, bytes, signature)).toBe(label === labels.command)
    }
    expect(keys.verifyRaw(identity.publicKey, bytes, signature)).toBe(false)
  })
})
