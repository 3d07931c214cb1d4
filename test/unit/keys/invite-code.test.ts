import { blake2b } from 'hash-wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { labels } from '../../../src/base/index.ts'
import { concatBytes, toHex, utf8 } from '../../../src/codec/index.ts'
import { generateInviteCode, identityFromSeed, inviteKeyOf, openKeys, sha256 } from '../../../src/keys/index.ts'
import type { Keys } from '../../../src/keys/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(17)
const team = random.bytes(32)
let keys: Keys

beforeAll(async () => {
  keys = await openKeys()
})

describe('the code of an invite', () => {
  it('is 16 random bytes and 4 of their SHA-256', () => {
    const code = generateInviteCode(random)
    expect(code.length).toBe(20)
    expect(toHex(code.subarray(16))).toBe(toHex(sha256(code.subarray(0, 16)).subarray(0, 4)))
    expect(toHex(generateInviteCode(random))).not.toBe(toHex(code))
  })

  it('gives one key for each team, the one that BLAKE2b of another library gives', async () => {
    const code = generateInviteCode(random)
    const key = inviteKeyOf(keys, code, team)
    const seed = await blake2b(concatBytes(utf8(`${labels.inviteKey}\0`), team), 256, code.subarray(0, 16))
    expect(toHex(key.publicKey)).toBe(toHex(identityFromSeed(Buffer.from(seed, 'hex')).publicKey))
    expect(inviteKeyOf(keys, code, team).publicKey).toEqual(key.publicKey)
    expect(inviteKeyOf(keys, code, random.bytes(32)).publicKey).not.toEqual(key.publicKey)
  })

  it('is refused with any other byte', () => {
    const code = generateInviteCode(random)
    for (let at = 0; at < code.length; at++) {
      const changed = code.map((byte, index) => (index === at ? byte ^ 1 : byte))
      expectCode('ERR_TEAM_INVITE_CODE_INVALID', () => inviteKeyOf(keys, changed, team))
    }
    expectCode('ERR_TEAM_INVITE_CODE_INVALID', () => inviteKeyOf(keys, code.subarray(1), team))
  })
})
