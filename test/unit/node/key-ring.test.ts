import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/codec/index.ts'
import { systemRandom } from '../../../src/keys/index.ts'
import { newestActive, type KeyRing } from '../../../src/node/key-ring.ts'
import type { DaemonOptions } from '../../../src/node/options.ts'
import { openOwnKeys } from '../../../src/node/own-keys.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { createNodeFiles, type NodeFiles } from '../../helpers/node-files.ts'

let files: NodeFiles
let now = 0
beforeEach(() => {
  files = createNodeFiles()
  now = Date.parse('2026-01-01T00:00:00Z')
})
afterEach(() => {
  files.remove()
})

const open = async (options: DaemonOptions = files.options): Promise<KeyRing> =>
  (await openOwnKeys(options, { random: systemRandom, say: () => undefined, now: () => now })).ring

const rows = (ring: KeyRing) =>
  [...ring.signing, ...ring.encryption].map(({ pair, made, state }) => [toHex(pair.publicKey), made, state])
const ringFile = () => files.path('keys', 'ring.json')

describe('the key ring of a device', () => {
  it('has one signing and one encryption key at first, and is there again after a start', async () => {
    const ring = await open()
    expect([ring.signing.length, ring.encryption.length, ring.sequence]).toEqual([1, 1, 0])
    now += 1_000
    expect(rows(await open())).toEqual(rows(ring))
    expect(statSync(ringFile()).mode & 0o777).toBe(0o600)
    expect(readFileSync(ringFile(), 'utf8')).not.toContain(readFileSync(files.path('keys', 'signing.key'), 'utf8'))
  })

  it('puts new keys beside the old ones, counts up, and keeps what was retired for what was sealed before', async () => {
    const ring = await open()
    const old = newestActive(ring.signing).publicKey
    const oldBox = newestActive(ring.encryption).publicKey
    now += 5_000
    await ring.add()
    expect([ring.signing.length, ring.encryption.length, ring.sequence]).toEqual([2, 2, 1])
    expect(ring.signing[1]?.made).toBe(now)
    expect(newestActive(ring.signing).publicKey).not.toEqual(old)
    expect(await ring.retire(old, 'rotated')).toBe(true)
    expect(await ring.retire(oldBox, 'compromised')).toBe(true)
    expect(await ring.retire(old, 'rotated')).toBe(false)
    const again = await open()
    expect(again.sequence).toBe(3)
    expect(rows(again)).toEqual(rows(ring))
    expect(again.encryption.map(({ state }) => state)).toEqual(['compromised', 'active'])
  })

  it('never retires the last key of a kind, and has four of a kind at most', async () => {
    const ring = await open()
    await expectCodeLater('ERR_TEAM_LAST_KEY', ring.retire(newestActive(ring.signing).publicKey, 'rotated'))
    for (let more = 0; more < 3; more++) await ring.add()
    await expectCodeLater('ERR_TEAM_LIMIT', ring.add())
    expect(ring.signing.filter(({ state }) => state === 'active')).toHaveLength(4)
  })

  it('forgets a key whose files the operator deleted', async () => {
    const ring = await open()
    await ring.add()
    await ring.retire((ring.encryption[0] as KeyRing['encryption'][number]).pair.publicKey, 'rotated')
    rmSync(files.path('keys', 'encryption.key'))
    const again = await open()
    expect(again.encryption).toHaveLength(1)
    expect(newestActive(again.encryption).publicKey).toEqual(newestActive(ring.encryption).publicKey)
  })

  it('makes an active key again where it is missing, and counts up', async () => {
    const ring = await open()
    rmSync(files.path('keys', 'signing.key'))
    rmSync(files.path('keys', 'signing.pub'))
    const again = await open()
    expect(again.sequence).toBe(1)
    expect(newestActive(again.signing).publicKey).not.toEqual(newestActive(ring.signing).publicKey)
    expect(newestActive(again.encryption).publicKey).toEqual(newestActive(ring.encryption).publicKey)
  })

  it('locks new keys as the others are, with the passphrase from its file', async () => {
    writeFileSync(files.path('passphrase'), 'correct horse', { mode: 0o600 })
    const locked = { ...files.options, passphraseFile: files.path('passphrase') }
    const ring = await open(locked)
    await ring.add()
    for (const name of readdirSync(files.path('keys')).filter((name) => name.endsWith('.key')))
      expect(readFileSync(files.path('keys', name), 'utf8'), name).toContain('"argon2sbox"')
    expect(rows(await open(locked))).toEqual(rows(ring))
  }, 60_000)

  it('a list that is damaged or readable by others is refused', async () => {
    await open()
    const good = readFileSync(ringFile(), 'utf8')
    const spoilt = [
      '[]',
      good.replace('"version": 1', '"version": 2'),
      good.replace('"sequence": 0', '"sequence": "0"'),
      good.replace('"active"', '"idle"'),
      good.replace('"signing"', '"../signing"'),
      good.replace('"ed25519"', '"rsa"'),
      good.replace(/"publicKey": "../, '"publicKey": "'),
      good.replace(/"made": "[^"]*"/, '"made": "soon"'),
    ]
    for (const text of spoilt) {
      expect(text).not.toBe(good)
      writeFileSync(ringFile(), text)
      await expectCodeLater('ERR_KEYS_FILE', open())
    }
    writeFileSync(ringFile(), good)
    chmodSync(ringFile(), 0o644)
    await expectCodeLater('ERR_FILES_MODE', open())
  })
})
