import { describe, expect, it } from 'vitest'
import { concatBytes, toHex } from '../../../src/codec/index.ts'
import { openKeys, type Keys } from '../../../src/keys/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'
import { openBackends } from '../../helpers/backends.ts'

const random = createSeededRandomness(20)
const key = random.bytes(32)
const nonce = random.bytes(24)

function stream(keys: Keys, sizes: readonly number[]): Uint8Array {
  const cipher = keys.createSwarmCipher(key, nonce)
  const pieces = sizes.map((size) => new Uint8Array(size))
  for (const piece of pieces) cipher.apply(piece)
  cipher.free()
  return concatBytes(...pieces)
}

describe('the swarm cipher', () => {
  it('gives the same key stream on every build, in pieces of any size', async () => {
    const builds = await openBackends()
    const sizes = [0, 1, 63, 64, 65, 127, 128, 1, 1, 30, 4_095, 4_097, 65_535, 65_536, 65_537, 200_001, 3, 1_048_577, 7]
    const odd = Array.from({ length: 400 }, () => random.below(random.pick([3, 70, 300, 5_000])))
    for (const pieces of [sizes, odd]) {
      const whole = stream(builds[0]!, [pieces.reduce((sum, size) => sum + size, 0)])
      for (const keys of builds) expect(Buffer.compare(stream(keys, pieces), whole), keys.backend).toBe(0)
    }
  })

  it('is XSalsa20: the first block is the one of the NaCl paper', async () => {
    const firstKey = Uint8Array.from(
      Buffer.from('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389', 'hex'),
    )
    const firstNonce = Uint8Array.from(Buffer.from('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37', 'hex'))
    for (const keys of await openBackends()) {
      const bytes = new Uint8Array(32)
      keys.createSwarmCipher(firstKey, firstNonce).apply(bytes)
      expect(toHex(bytes)).toBe('eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880')
    }
  })

  it('undoes itself, and keeps two ciphers apart that are used in turn', async () => {
    for (const keys of await openBackends()) {
      const ciphers = [key, random.bytes(32)].map((own) => keys.createSwarmCipher(own, nonce))
      const back = [key].map((own) => keys.createSwarmCipher(own, nonce))
      const text = random.bytes(100_000)
      const bytes = text.slice()
      for (let at = 0; at < bytes.length; at += 777) {
        ciphers[0]!.apply(bytes.subarray(at, at + 777))
        ciphers[1]!.apply(new Uint8Array(500))
      }
      expect(Buffer.compare(bytes, text)).not.toBe(0)
      back[0]!.apply(bytes)
      expect(Buffer.compare(bytes, text)).toBe(0)
      for (const cipher of [...ciphers, ...back]) cipher.free()
    }
  })

  it('cannot be used after its key was wiped', async () => {
    for (const keys of await openBackends()) {
      const cipher = keys.createSwarmCipher(key, nonce)
      cipher.free()
      cipher.free()
      expectCode('ERR_INTERNAL_ERROR', () => cipher.apply(new Uint8Array(1)))
      expectCode('ERR_INTERNAL_ERROR', () => keys.createSwarmCipher(key.subarray(1), nonce))
      expectCode('ERR_INTERNAL_ERROR', () => keys.createSwarmCipher(key, key))
    }
  })

  it('takes no WASM memory that stays: 20,000 ciphers never freed', async () => {
    const keys = await openKeys({ backend: 'wasm' })
    const { default: sodium } = await import('libsodium-wrappers-sumo')
    const heap = () => (sodium as unknown as { libsodium: { HEAPU8: Uint8Array } }).libsodium.HEAPU8.length
    const before = heap()
    for (let count = 0; count < 20_000; count++) keys.createSwarmCipher(key, nonce).apply(new Uint8Array(24))
    keys.createSwarmCipher(key, nonce).apply(new Uint8Array(8 * 1_048_576))
    expect(heap()).toBe(before)
  })

  it('sec/K7 leaves neither key nor plain text in WASM memory', async () => {
    const keys = await openKeys({ backend: 'wasm' })
    const { default: sodium } = await import('libsodium-wrappers-sumo')
    const own = random.bytes(32)
    const text = random.bytes(64)
    keys.createSwarmCipher(own, nonce).apply(text.slice())
    const heap = Buffer.from((sodium as unknown as { libsodium: { HEAPU8: Uint8Array } }).libsodium.HEAPU8)
    expect(heap.indexOf(text)).toBe(-1)
    expect(heap.indexOf(own)).toBe(-1)
  })
})
