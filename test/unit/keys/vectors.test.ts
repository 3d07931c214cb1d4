import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { labels } from '../../../src/base/index.ts'
import {
  encodeCbor,
  encodeFrame,
  formatJoinLine,
  formatSwarmKey,
  idText,
  nkeySeedText,
  nkeyText,
  parseSwarmKey,
  toHex,
  utf8,
} from '../../../src/codec/index.ts'
import {
  fingerprintText,
  formatPublicKeyFile,
  formatUnlockedKeyFile,
  generateBoxKey,
  identityFromSeed,
  labelledHash,
  lockKeyFile,
  openKeys,
  sha256,
  swarmKeyFingerprint,
} from '../../../src/keys/index.ts'
import { expectFrozen } from '../../helpers/frozen-vectors.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const seed = Uint8Array.from({ length: 32 }, (_, index) => index)
const identity = identityFromSeed(seed)
const data = utf8('Hyrax')

/** The labels of the first release. A new label gets a new vector; these rows stay. */
const frozenLabels = [
  labels.command,
  labels.commandId,
  labels.deviceId,
  labels.keyBundle,
  labels.peerBinding,
  labels.state,
  labels.listDigest,
  labels.swarmKeyFingerprint,
  labels.swarmKeyPublished,
]

describe('frozen', () => {
  it('texts of one identity', () => {
    const texts = {
      seed: toHex(seed),
      publicKey: toHex(identity.publicKey),
      axKey: identity.axKey,
      peer: identity.peer,
      fingerprint: fingerprintText(identity.publicKey),
      nkeys: ['A', 'C', 'M', 'N', 'O', 'U', 'V', 'X'].map((letter) => nkeyText(letter as 'A', identity.publicKey)),
      nkeySeed: nkeySeedText('N', seed),
      ids: (['team', 'dev', 'cmd', 'inv'] as const).map((kind) => idText(kind, seed)),
    }
    expectFrozen('identity-texts', texts, '02d7d5c8c6d4b94a663b47a71661e9857d4d300bbd07c0fc654975ddfe243202')
  })

  it('signatures, labelled hashes and derived keys under every label', async () => {
    const keys = await openKeys()
    const rows = frozenLabels.map((label) => ({
      label,
      signature: toHex(identity.sign(label, data)),
      hash: toHex(labelledHash(label, data)),
      derived: toHex(keys.kdf(seed, label, data)),
    }))
    expectFrozen(
      'labels',
      { data: toHex(data), sha256: toHex(sha256(data)), raw: toHex(identity.signRaw(data)), rows },
      '9f5bc3c1920eb8ec993c9d75100f83e3f009b82c071fc6a1ad34a46b779bd50e',
    )
  })

  it('deterministic CBOR and frames', () => {
    const map = {
      t: 'hello',
      v: 1,
      addrs: ['/ip4/10.0.0.1/tcp/4001'],
      lists: null,
      binding: seed,
      deep: { b: true, a: -1, aa: 9_007_199_254_740_991, '': [[], {}], é: 'Grüße ☃' },
    }
    expectFrozen(
      'cbor',
      { cbor: toHex(encodeCbor(map)), frame: toHex(encodeFrame(map, 4_096)) },
      '890931c0dc89106f27730a1693c177b3a49718367da1979cb06565b3d5bda767',
    )
  })

  it('texts of a swarm key and its fingerprint', () => {
    const example = readFileSync(new URL('../../../swarm-key.example', import.meta.url), 'utf8')
    const texts = {
      file: formatSwarmKey(seed, 'file'),
      fileBase64: formatSwarmKey(seed, 'file-base64'),
      base64: formatSwarmKey(seed, 'base64'),
      fingerprint: swarmKeyFingerprint(seed),
      example,
      exampleFingerprint: swarmKeyFingerprint(parseSwarmKey(example)),
      join: formatJoinLine({
        team: seed,
        peer: identity.peer,
        addresses: ['/ip4/10.0.0.1/tcp/4001'],
        fingerprint: swarmKeyFingerprint(seed),
        key: seed,
      }),
    }
    expectFrozen('swarm-key', texts, 'd193c28a03ad573ecc3faf561bd8ddd1c07788906270ec383698ad926843594b')
  })

  it('the swarm cipher', async () => {
    const keys = await openKeys()
    const cipher = keys.createSwarmCipher(seed, seed.subarray(0, 24))
    const bytes = new Uint8Array(100_000)
    cipher.apply(bytes)
    expectFrozen(
      'swarm-cipher',
      { first: toHex(bytes.subarray(0, 64)), sha256: toHex(sha256(bytes)) },
      'a71e0ceb89905e341eaabad80ca4a55d37714e9791e714c46850c5ba29d872d9',
    )
  })

  it('key files', async () => {
    const random = createSeededRandomness(80)
    const box = generateBoxKey(random)
    const cost = { memory: 64, iterations: 2, parallelism: 2 }
    const password = utf8('Passwort ☃')
    const locked: string[] = []
    for (const variant of ['id', 'i', 'd'] as const) {
      for (const version of ['1.3', '1.0'] as const) {
        locked.push(await lockKeyFile({ secret: identity, password, random, variant, cost: { ...cost, version } }))
      }
    }
    const files = {
      unlocked: formatUnlockedKeyFile(identity),
      public: formatPublicKeyFile(identity),
      unlockedBox: formatUnlockedKeyFile(box),
      publicBox: formatPublicKeyFile(box),
      locked,
    }
    expectFrozen('key-files', files, '024a1e06320454d27b036d9c18c96398fac5a151412070252d615801463adab2')
  })
})
