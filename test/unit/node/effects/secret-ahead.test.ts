import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { limits, silentLog } from '../../../../src/base/index.ts'
import { toHex } from '../../../../src/codec/index.ts'
import { generateBoxKey, openKeys, systemRandom } from '../../../../src/keys/index.ts'
import { ownBundle } from '../../../../src/node/effects/own-author.ts'
import { SecretsAhead } from '../../../../src/node/effects/secret-ahead.ts'
import { createTeams } from '../../../../src/node/effects/team.ts'
import { memoryStore } from '../../../../src/store/index.ts'
import type { Recipient } from '../../../../src/team/index.ts'
import { memoryOwnKeys } from '../../../helpers/key-ring.ts'
import { realClock } from '../../../helpers/swarm-nodes.ts'

const keys = await openKeys()
const lot = limits.boxesAtOnceMax

let recipients: Recipient[]
let sealed: string[]
let wiped: number
let ahead: SecretsAhead

const someone = (): Recipient => [systemRandom.bytes(32), 0, generateBoxKey(systemRandom).publicKey]
const keysOf = (list: readonly Recipient[]): string[] => list.map(([, , key]) => toHex(key)).sort()

beforeEach(() => {
  vi.useFakeTimers()
  ;[sealed, wiped] = [[], 0]
  recipients = Array.from({ length: 3 * lot }, someone)
  ahead = new SecretsAhead({
    keys: {
      sealTo: (key, secret, random) => {
        sealed.push(toHex(key))
        return keys.sealTo(key, secret, random)
      },
      memzero: (bytes) => {
        wiped++
        keys.memzero(bytes)
      },
    },
    random: systemRandom,
    recipients: () => recipients,
  })
})
afterEach(() => {
  ahead.close()
  vi.useRealTimers()
})

describe('the secret of the next epoch', () => {
  it('is boxed a lot at a time, and taken once', () => {
    ahead.changed()
    expect(ahead.take()).toBeUndefined()
    vi.advanceTimersByTime(limits.boxesAheadMsWait)
    for (const count of [lot, 2 * lot, 3 * lot, 3 * lot]) {
      expect(sealed).toHaveLength(count)
      vi.advanceTimersByTime(limits.boxesAheadMsInterval)
    }
    const taken = ahead.take()
    expect([...(taken?.boxes.keys() ?? [])].sort()).toEqual(keysOf(recipients))
    expect(ahead.take()).toBeUndefined()
    vi.advanceTimersByTime(limits.boxesAheadMsWait + 3 * limits.boxesAheadMsInterval)
    expect(ahead.take()?.secret).not.toEqual(taken?.secret)
  })

  it('follows the members: who came is added, who went is left out, though commands never cease', () => {
    ahead.changed()
    vi.advanceTimersByTime(2 * limits.boxesAheadMsWait)
    const [gone, ...stayed] = recipients
    recipients = [...stayed, someone()]
    for (let tick = 0; tick < 4; tick++) {
      ahead.changed()
      vi.advanceTimersByTime(limits.boxesAheadMsWait / 2)
    }
    expect(sealed).toHaveLength(3 * lot + 1)
    const { boxes } = ahead.take() ?? { boxes: new Map<string, Uint8Array>() }
    expect([...boxes.keys()].sort()).toEqual(keysOf(recipients))
    expect(boxes.has(toHex(gone?.[2] ?? new Uint8Array()))).toBe(false)
  })

  it('is not made for a few, nor where this device may not rotate; what there was is wiped', () => {
    ahead.changed()
    vi.advanceTimersByTime(2 * limits.boxesAheadMsWait)
    recipients = recipients.slice(0, lot)
    ahead.changed()
    vi.advanceTimersByTime(2 * limits.boxesAheadMsWait)
    expect([ahead.take(), wiped, sealed.length]).toEqual([undefined, 1, 3 * lot])
    recipients = Array.from({ length: 2 * lot }, someone)
    ahead.changed()
    vi.advanceTimersByTime(2 * limits.boxesAheadMsWait)
    ahead.close()
    ahead.changed()
    vi.advanceTimersByTime(2 * limits.boxesAheadMsWait)
    expect([ahead.take(), wiped]).toEqual([undefined, 2])
  })
})

it('a removal in a large team makes no box in the turn in which it is made, and everybody who stays has one', async () => {
  vi.useRealTimers()
  let made = 0
  const own = memoryOwnKeys()
  const counting = {
    ...keys,
    sealTo: (...words: Parameters<typeof keys.sealTo>) => {
      made++
      return keys.sealTo(...words)
    },
  }
  const teams = await createTeams({
    keys: counting,
    own,
    store: memoryStore(),
    clock: realClock,
    random: systemRandom,
    log: silentLog,
    events: { emit: () => undefined, isWatched: () => false },
    cut: (peers) => ({ peers, ms: 0 }),
  })
  await teams.createTeam('herd', 'owner')
  for (let device = 0; device < 2 * lot; device++) {
    const bundle = ownBundle(keys, memoryOwnKeys())
    await teams.author(undefined, { kind: 'AddDevice', bundle, name: `device-${device}`, role: 'user' })
  }
  await vi.waitUntil(() => made === 2 * lot + 1, 10_000)
  const { device } = teams.resolveDevice(undefined, 'device-0')
  expect(await teams.author(undefined, { kind: 'RemoveDevice', device })).not.toHaveProperty('code')
  expect(made).toBe(2 * lot + 1)
  const { epochs, pending } = teams.epochs()
  expect([epochs.map(({ recipients: found }) => found), pending]).toEqual([[2 * lot], false])
  await vi.waitUntil(() => teams.epochs().epochs[0]?.readable, 10_000)
  teams.stop()
})
