import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src/codec/index.ts'
import { generateIdentity, sha256 } from '../../../src/keys/index.ts'
import { openBackends } from '../../helpers/backends.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

/** Every encoding of a point of small order that has been seen in attacks, canonical or not. */
const smallOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0000000000000000000000000000000000000000000000000000000000000080',
].map((hex) => fromHex(hex))

const order = 2n ** 252n + 27742317777372353535851937790883648493n
const random = createSeededRandomness(30)

describe('sec/G9 verdicts on keys and signatures', () => {
  it('refuse small-order keys and whatever they "sign"', async () => {
    for (const keys of await openBackends()) {
      for (const pk of smallOrder) {
        expect(keys.isValidPoint(pk), toHex(pk)).toBe(false)
        for (let round = 0; round < 64; round++) {
          // R = the key, S = 0: the equation holds for the identity point without any secret.
          const signature = Uint8Array.of(...random.pick(smallOrder), ...new Uint8Array(32))
          expect(keys.verifyRaw(pk, random.bytes(40), signature)).toBe(false)
        }
      }
    }
  })

  it('refuse keys with a torsion part, and points off the curve or not canonical', async () => {
    for (const keys of await openBackends()) {
      for (const pk of await torsionKeys()) expect(keys.isValidPoint(pk)).toBe(false)
      for (const size of [0, 31, 33, 64]) expect(keys.isValidPoint(new Uint8Array(size).fill(1))).toBe(false)
      // y = p + 3 … p + 18 are second spellings of y = 3 … 18.
      for (let low = 0xf0; low <= 0xff; low++) {
        const pk = new Uint8Array(32).fill(255)
        pk[0] = low
        pk[31] = 0x7f
        expect(keys.isValidPoint(pk)).toBe(false)
      }
      for (let round = 0; round < 20; round++) expect(keys.isValidPoint(generateIdentity(random).publicKey)).toBe(true)
    }
  })

  it('refuse S + L, another R, wrong lengths, and every bit flipped', async () => {
    const identity = generateIdentity(random)
    const message = random.bytes(100)
    const good = identity.signRaw(message)
    for (const keys of await openBackends()) {
      const verdict = (signature: Uint8Array) => keys.verifyRaw(identity.publicKey, message, signature)
      expect(verdict(good)).toBe(true)
      for (const times of [1n, 2n, 3n, 7n]) expect(verdict(withS(good, (s) => s + times * order))).toBe(false)
      expect(verdict(withS(good, (s) => order - s))).toBe(false)
      for (const size of [0, 32, 63]) expect(verdict(good.slice(0, size))).toBe(false)
      expect(verdict(Uint8Array.of(...good, 0))).toBe(false)
      for (let bit = 0; bit < 512; bit++) {
        expect(verdict(good.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)))).toBe(false)
      }
      expect(keys.verifyRaw(identity.publicKey.subarray(1), message, good)).toBe(false)
    }
  })

  it('are one bitmap on every build, frozen', async () => {
    const vectors = await hostileVectors()
    const bitmaps = (await openBackends()).map((keys) =>
      vectors.map(([pk, message, signature]) => (keys.verifyRaw(pk, message, signature) ? '1' : '0')).join(''),
    )
    for (const bitmap of bitmaps) expect(bitmap).toBe(bitmaps[0])
    expect(bitmaps[0]!.length).toBe(1_200)
    expect(toHex(sha256(new TextEncoder().encode(bitmaps[0])))).toMatchInlineSnapshot(
      `"e92ac3b24aabee005000595eb7e2c80ee8c5682479bc81df61eebbe1cc2d3242"`,
    )
  })
})

function withS(signature: Uint8Array, change: (s: bigint) => bigint): Uint8Array {
  const s = signature.slice(32).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
  let rest = change(s)
  const bytes = Uint8Array.from({ length: 32 }, () => {
    const byte = Number(rest & 255n)
    rest >>= 8n
    return byte
  })
  return Uint8Array.of(...signature.slice(0, 32), ...bytes)
}

/** Good keys with a point of order 2, 4 or 8 added: on the curve, outside the prime-order group. */
async function torsionKeys(): Promise<Uint8Array[]> {
  const { default: sodium } = await import('libsodium-wrappers-sumo')
  await sodium.ready
  return smallOrder
    .slice(2, 7)
    .flatMap((torsion) =>
      Array.from({ length: 4 }, () => sodium.crypto_core_ed25519_add(generateIdentity(random).publicKey, torsion)),
    )
}

/** Good, broken, small-order and torsion signatures in one reproducible row. */
async function hostileVectors(): Promise<[pk: Uint8Array, message: Uint8Array, signature: Uint8Array][]> {
  const { default: sodium } = await import('libsodium-wrappers-sumo')
  await sodium.ready
  const draw = createSeededRandomness(31)
  return Array.from({ length: 1_200 }, (_, index) => {
    const identity = generateIdentity(draw)
    const message = draw.bytes(draw.below(300))
    const good = identity.signRaw(message)
    const torsion = draw.pick(smallOrder.slice(2, 7))
    switch (index % 6) {
      case 0:
        return [identity.publicKey, message, good]
      case 1:
        return [sodium.crypto_core_ed25519_add(identity.publicKey, torsion), message, good]
      case 2:
        return [draw.pick(smallOrder), message, Uint8Array.of(...draw.pick(smallOrder), ...new Uint8Array(32))]
      case 3: {
        const r = sodium.crypto_core_ed25519_add(good.slice(0, 32), torsion)
        return [identity.publicKey, message, Uint8Array.of(...r, ...good.slice(32))]
      }
      case 4:
        return [identity.publicKey, message, withS(good, (s) => s + order)]
      default:
        return [draw.bytes(32), message, draw.bytes(64)]
    }
  })
}
