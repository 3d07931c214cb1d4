import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex } from '../../../src/codec/index.ts'
import { openBackends } from '../../helpers/backends.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(31)

describe('X25519 for handshakes', () => {
  it('gives what OpenSSL gives, on each build', async () => {
    for (const keys of await openBackends()) {
      for (let round = 0; round < 20; round++) {
        const [ours, theirs] = [keys.generateExchangeKey(random), keys.generateExchangeKey(random)]
        const product = keys.exchange(ours.privateKey, theirs.publicKey)
        expect(new Uint8Array(product)).toEqual(new Uint8Array(keys.exchange(theirs.privateKey, ours.publicKey)))
        expect(new Uint8Array(product)).toEqual(openSsl(ours.privateKey, theirs.publicKey))
      }
    }
  })
  it('refuses public keys of small order', async () => {
    for (const keys of await openBackends()) {
      const { privateKey } = keys.generateExchangeKey(random)
      for (const hex of ['00', '01', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800']) {
        const point = new Uint8Array(32)
        point.set(fromHex(hex))
        expect(() => keys.exchange(privateKey, point)).toThrow(expect.objectContaining({ code: 'ERR_KEYS_POINT' }))
      }
    }
  })
})

function openSsl(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const secret = concatBytes(fromHex('302e020100300506032b656e04220420'), privateKey)
  const point = concatBytes(fromHex('302a300506032b656e032100'), publicKey)
  return new Uint8Array(
    diffieHellman({
      privateKey: createPrivateKey({ key: Buffer.from(secret), format: 'der', type: 'pkcs8' }),
      publicKey: createPublicKey({ key: Buffer.from(point), format: 'der', type: 'spki' }),
    }),
  )
}
