import { describe, expect, it } from 'vitest'
import { nkeyPrivateText, nkeySeedText, nkeyText, toBase64 } from '../../../src/codec/index.ts'
import {
  formatNkeyFile,
  generateBoxKey,
  generateIdentity,
  identityFromSeed,
  openAxPrivateKey,
  openNkeyFile,
} from '../../../src/keys/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(50)
const seed = random.bytes(32)
const identity = identityFromSeed(seed)

describe('key files of others', () => {
  it('reads seeds as wash and nk write them, with one newline or none', () => {
    for (const letter of ['A', 'C', 'M', 'N', 'O', 'U', 'V'] as const) {
      for (const end of ['', '\n', '\r\n']) {
        const { pair, letter: found } = openNkeyFile(nkeySeedText(letter, seed) + end, 'a.nk')
        expect(pair.publicKey).toEqual(identity.publicKey)
        expect(found).toBe(letter)
      }
      expect(formatNkeyFile(identity, letter)).toBe(nkeySeedText(letter, seed))
    }
    const box = generateBoxKey(random)
    expect(openNkeyFile(formatNkeyFile(box, 'X'), 'x.nk').pair).toMatchObject({
      kind: 'x25519',
      publicKey: box.publicKey,
    })
    expectCode('ERR_KEYS_KIND', () => formatNkeyFile(box, 'N'))
    expectCode('ERR_KEYS_KIND', () => formatNkeyFile(identity, 'X'))
    expectCode('ERR_CODEC_TEXT', () => openNkeyFile(`${nkeySeedText('N', seed)}\n\n`, 'a.nk'))
  })

  it('reads private keys only where the halves belong together', () => {
    const whole = nkeyPrivateText(seed, identity.publicKey)
    expect(openNkeyFile(whole, 'p.nk').pair.publicKey).toEqual(identity.publicKey)
    const mixed = nkeyPrivateText(seed, generateIdentity(random).publicKey)
    expectCode('ERR_KEYS_MISMATCH', () => openNkeyFile(mixed, 'p.nk'))
    expectCode('ERR_KEYS_KIND', () => openNkeyFile(nkeyText('N', identity.publicKey), 'n.nk'))
  })

  it('reads the seed block of NATS credentials', () => {
    const lines = [
      '-----BEGIN NATS USER JWT-----',
      'eyJ0eXAiOiJKV1QifQ.e30.c2ln',
      '------END NATS USER JWT------',
      '',
      '************************* IMPORTANT *************************',
      '',
      '-----BEGIN USER NKEY SEED-----',
      nkeySeedText('U', seed),
      '------END USER NKEY SEED------',
      '',
    ]
    for (const newline of ['\n', '\r\n']) {
      expect(openNkeyFile(lines.join(newline), 'u.creds')).toMatchObject({ letter: 'U' })
    }
    expectCode('ERR_CODEC_TEXT', () => openNkeyFile(lines.slice(0, 4).join('\n'), 'u.creds'))
  })

  it('reads the private form of the ax family, and never repeats it', () => {
    const text = `0${toBase64(seed)}`
    expect(openAxPrivateKey(`${text}\n`).publicKey).toEqual(identity.publicKey)
    const error = expectCode('ERR_KEYS_FORMAT', () => openAxPrivateKey(`${text}x`))
    expect(error.message).not.toContain(text.slice(0, 6))
    expectCode('ERR_CODEC_TEXT', () => openAxPrivateKey(`0${'!'.repeat(44)}`))
  })
})
