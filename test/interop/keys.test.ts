/** Second opinions on what `keys` makes: tweetnacl, node:crypto, @noble/hashes, hash-wasm and ssh-keygen. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { argon2d as nobleD, argon2i as nobleI, argon2id as nobleId } from '@noble/hashes/argon2.js'
import { argon2d, argon2i, argon2id, blake2b } from 'hash-wasm'
import nacl from 'tweetnacl'
import { describe, expect, it } from 'vitest'
import { labels } from '../../src/base/index.ts'
import { concatBytes, fromBase64, parseOpenSshLine, toBase64, toHex, utf8 } from '../../src/codec/index.ts'
import {
  fingerprintText,
  formatUnlockedKeyFile,
  generateBoxKey,
  generateIdentity,
  identityFromSeed,
  labelledHash,
  lockKeyFile,
  openKeyFile,
  sha256,
} from '../../src/keys/index.ts'
import { openBackends } from '../helpers/backends.ts'
import { createSeededRandomness } from '../helpers/seeded-randomness.ts'

const random = createSeededRandomness(70)
const password = utf8('Passwort ☃')

interface Locked {
  data: {
    asalt: string
    snonce: string
    sbox: string
    aopts: { memory: number; iterations: number; parallelism: number }
  }
}

describe('signatures', () => {
  it('are the bytes of tweetnacl and libsodium, and verify with node:crypto', async () => {
    const { default: sodium } = await import('libsodium-wrappers-sumo')
    await sodium.ready
    for (let round = 0; round < 50; round++) {
      const seed = random.bytes(32)
      const identity = identityFromSeed(seed)
      const message = random.bytes(random.below(400))
      const pair = nacl.sign.keyPair.fromSeed(seed)
      expect(identity.publicKey).toEqual(pair.publicKey)
      const ours = identity.signRaw(message)
      expect(ours).toEqual(nacl.sign.detached(message, pair.secretKey))
      expect(ours).toEqual(sodium.crypto_sign_detached(message, pair.secretKey))
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(identity.publicKey).toString('base64url') }
      expect(verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), ours)).toBe(true)
      const signed = concatBytes(utf8(`${labels.command}\0`), createHash('sha256').update(message).digest())
      expect(nacl.sign.detached.verify(signed, identity.sign(labels.command, message), identity.publicKey)).toBe(true)
    }
  })

  it('of box keys: the public half is the one of tweetnacl', () => {
    const secret = random.bytes(32)
    expect(generateBoxKey({ bytes: () => secret.slice() }).publicKey).toEqual(
      nacl.box.keyPair.fromSecretKey(secret).publicKey,
    )
  })
})

describe('boxes and encryption', () => {
  it('are those of libsodium, tweetnacl and @noble/ciphers, both ways', async () => {
    const { default: sodium } = await import('libsodium-wrappers-sumo')
    await sodium.ready
    for (const keys of await openBackends()) {
      for (let round = 0; round < 20; round++) {
        const [scalar, key] = [random.bytes(32), random.bytes(32)]
        const [message, data] = [random.bytes(random.below(200)), random.bytes(random.below(50))]
        const pair = generateBoxKey({ bytes: () => scalar.slice() })
        const ours = keys.sealTo(pair.publicKey, message, random)
        expect(sodium.crypto_box_seal_open(ours, pair.publicKey, scalar)).toEqual(message)
        const theirs = sodium.crypto_box_seal(message, pair.publicKey)
        expect(new Uint8Array(keys.openSealed(pair, theirs) ?? [])).toEqual(message)
        const nonce = sodium.crypto_generichash(24, concatBytes(ours.subarray(0, 32), pair.publicKey), null)
        expect(nacl.box.open(ours.subarray(32), nonce, ours.subarray(0, 32), scalar)).toEqual(message)
        const sealed = keys.encrypt(key, message, data, random)
        const cipher = xchacha20poly1305(key, sealed.slice(0, 24), data)
        expect(cipher.decrypt(sealed.slice(24))).toEqual(message)
        const again = concatBytes(sealed.subarray(0, 24), cipher.encrypt(message))
        expect(new Uint8Array(keys.decrypt(key, again, data) ?? [])).toEqual(message)
      }
    }
  })
})

describe('hashes and derivation', () => {
  it('are SHA-256 with the label before, and keyed BLAKE2b', async () => {
    for (const keys of await openBackends()) {
      for (let round = 0; round < 20; round++) {
        const [key, data] = [random.bytes(32), random.bytes(random.below(300))]
        const labelled = concatBytes(utf8(`${labels.command}\0`), data)
        expect(toHex(keys.kdf(key, labels.command, data))).toBe(await blake2b(labelled, 256, key))
        expect(toHex(labelledHash(labels.command, data))).toBe(createHash('sha256').update(labelled).digest('hex'))
        expect(sha256(labelled.subarray(0, 5), labelled.subarray(5))).toEqual(labelledHash(labels.command, data))
      }
    }
  })
})

describe('Argon2: hash-wasm and @noble/hashes', () => {
  it('give the same 32 bytes for i, d and id, so either can stand in for the other', async () => {
    const pairs = [
      ['i', argon2i, nobleI],
      ['d', argon2d, nobleD],
      ['id', argon2id, nobleId],
    ] as const
    for (const [, wasm, noble] of pairs) {
      for (const [memory, iterations, parallelism] of [
        [32, 1, 4],
        [64, 3, 1],
        [100, 2, 3],
      ] as const) {
        const salt = random.bytes(random.pick([8, 16, 32, 64]))
        const options = { password, salt, memorySize: memory, iterations, parallelism, hashLength: 32 }
        const theirs = noble(password, salt, { m: memory, t: iterations, p: parallelism, dkLen: 32 })
        expect(await wasm({ ...options, outputType: 'binary' })).toEqual(theirs)
      }
    }
  })
})

describe('key files', () => {
  const cost = { memory: 64, iterations: 2, parallelism: 2 }
  const noble = { i: nobleI, d: nobleD, id: nobleId }

  it('of ours open with tweetnacl and the other Argon2', async () => {
    for (const variant of ['i', 'd', 'id'] as const) {
      for (const version of ['1.0', '1.3'] as const) {
        const identity = generateIdentity(random)
        const { data } = JSON.parse(
          await lockKeyFile({ secret: identity, password, random, variant, cost: { ...cost, version } }),
        ) as Locked
        const key = deriveTheirs(noble[variant], fromBase64(data.asalt), version)
        const opened = nacl.secretbox.open(fromBase64(data.sbox), fromBase64(data.snonce), key)
        expect(toBase64(opened!)).toBe(
          (JSON.parse(formatUnlockedKeyFile(identity)) as { data: { bytes: string } }).data.bytes,
        )
      }
    }
  })

  it('made that way open with ours', async () => {
    for (const version of ['1.0', '1.3'] as const) {
      const [seed, salt, nonce] = [random.bytes(32), random.bytes(16), random.bytes(24)]
      const sbox = nacl.secretbox(seed, nonce, deriveTheirs(nobleI, salt, version))
      const text = JSON.stringify({
        data: {
          aopts: { version, parallelism: 2, iterations: 2, memory: 64, variant: 'i' },
          snonce: toBase64(nonce),
          asalt: toBase64(salt),
          sbox: toBase64(sbox),
        },
        type: 'argon2sbox',
      })
      const opened = await openKeyFile(text, { path: 'theirs.key', password })
      expect(opened.publicKey).toEqual(identityFromSeed(seed).publicKey)
    }
  })

  function deriveTheirs(argon2: typeof nobleI, salt: Uint8Array, version: '1.0' | '1.3'): Uint8Array {
    const { memory: m, iterations: t, parallelism: p } = cost
    return argon2(password, salt, { m, t, p, dkLen: 32, version: version === '1.0' ? 0x10 : 0x13 })
  }
})

const hasSshKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined
if (!hasSshKeygen) console.log('skipped: no ssh-keygen here to compare fingerprints with')

describe.skipIf(!hasSshKeygen)('ssh-keygen', () => {
  it('prints the same fingerprint, and its .pub line is read', () => {
    const directory = mkdtempSync(join(tmpdir(), 'hyrax-ssh-'))
    try {
      const file = join(directory, 'key')
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'me@home', '-f', file])
      const { pk, comment } = parseOpenSshLine(readFileSync(`${file}.pub`, 'utf8').trimEnd())
      expect(comment).toBe('me@home')
      expect(execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' })).toContain(fingerprintText(pk))
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
