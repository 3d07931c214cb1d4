import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fail, type HyraxError, type Randomness } from '../../../src/base/index.ts'
import { generateIdentity, systemRandom } from '../../../src/keys/index.ts'
import { createDialer, drawn, type Dialer } from '../../../src/swarm/dialer.ts'

const peers = Array.from({ length: 60 }, () => generateIdentity(systemRandom).peer)
const peer = (index: number): string => peers[index] ?? ''
const at = (index: number): string => `/ip4/192.0.2.${index + 1}/tcp/4001`
const half: Randomness = { bytes: (size) => new Uint8Array(size).fill(128) }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  dialer.stop()
  vi.useRealTimers()
})

let dialer: Dialer
/** A world in which addresses answer as `answer` says. */
function world(answer: (address: string) => string | HyraxError) {
  const dials: string[] = []
  const connected = new Set<string>()
  const failed: string[] = []
  const barred = new Set<string>()
  dialer = createDialer({
    random: half,
    self: peer(59),
    connect: (address) => {
      dials.push(address)
      const result = answer(address)
      if (typeof result !== 'string') return Promise.reject(result)
      connected.add(result)
      return Promise.resolve(result)
    },
    isConnected: (who) => connected.has(who),
    mayDial: (who) => who === undefined || !barred.has(who),
    onFailed: (_peer, address, error) => failed.push(`${address} ${error.code}`),
  })
  return { dials, connected, failed, barred }
}

const unreachable = fail('ERR_NODE_UNREACHABLE', { address: 'a', what: 'w' })
const refused = fail('ERR_SWARM_REFUSED', { peer: 'p', reason: 'r' })
const later = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

describe('a static peer', () => {
  it('that does not answer is tried for ever, 1 s doubling to 5 min with half jitter', async () => {
    const { dials } = world(() => unreachable)
    dialer.set('static', [`${at(0)}/p2p/${peer(0)}`])
    dialer.start()
    const waits: number[] = []
    for (let before = 0; waits.length < 12; waits.push(Date.now() - before)) {
      const count = dials.length
      before = Date.now()
      while (dials.length === count) await later(50)
    }
    expect(dials[0]).toBe(`${at(0)}/p2p/${peer(0)}`)
    // Drawn in the middle of the jitter: three quarters of 1, 2, 4, … seconds, and of 5 minutes in the end.
    expect(waits.slice(0, 3).map((ms) => Math.round(ms / 1_000))).toEqual([1, 2, 3])
    expect(waits.slice(-2).map((ms) => Math.round(ms / 1_000))).toEqual([225, 225])
  })
  it('that refuses is asked again at the long end alone', async () => {
    const { dials } = world(() => refused)
    dialer.set('static', [at(0)])
    dialer.start()
    await later(149_000)
    expect(dials.length).toBe(1)
    await later(80_000)
    expect(dials.length).toBe(2)
  })
  it('that is busy is asked again soon', async () => {
    const { dials } = world(() => fail('ERR_SWARM_REFUSED', { peer: 'p', reason: 'ERR_SWARM_BUSY' }))
    dialer.set('static', [at(0)])
    dialer.start()
    await later(10_000)
    expect(dials.length).toBeGreaterThan(2)
  })
  it('that closes before hello is asked once more after half a minute, then at the long end', async () => {
    const { dials } = world(() => fail('ERR_SWARM_CLOSED_BEFORE_HELLO', { peer: 'p', self: 's' }))
    dialer.set('static', [at(0)])
    dialer.start()
    await later(14_000)
    expect(dials.length).toBe(1)
    await later(16_000)
    expect(dials.length).toBe(2)
    await later(148_000)
    expect(dials.length).toBe(2)
    await later(160_000)
    expect(dials.length).toBe(3)
  })
  it('that is lost is sought again; after a healthy minute from the first wait on', async () => {
    let up = false
    const { dials, connected } = world(() => (up ? peer(0) : unreachable))
    dialer.set('static', [`${at(0)}/p2p/${peer(0)}`])
    dialer.start()
    await later(60_000)
    up = true
    await later(120_000)
    const count = dials.length
    connected.delete(peer(0))
    dialer.gone(peer(0), 61_000)
    await later(1_000)
    expect(dials.length).toBe(count + 1)
  })
  it('that a list bars is not dialled, and is as soon as the list changes', async () => {
    const { dials, barred } = world(() => peer(0))
    barred.add(peer(0))
    dialer.set('static', [`${at(0)}/p2p/${peer(0)}`])
    dialer.start()
    await later(1_000_000)
    expect(dials).toEqual([])
    barred.clear()
    dialer.rejudge()
    await later(1)
    expect(dials.length).toBe(1)
  })
  it('is not dialled while it is connected, whoever dialled', async () => {
    const { dials, connected } = world(() => peer(0))
    connected.add(peer(0))
    dialer.set('static', [`${at(0)}/p2p/${peer(0)}`])
    dialer.start()
    await later(600_000)
    expect(dials).toEqual([])
  })
  it('taken off the list again is not sought for ever', async () => {
    const { dials } = world(() => unreachable)
    dialer.set('static', [at(0)])
    dialer.start()
    await later(10_000)
    dialer.set('static', [])
    const count = dials.length
    await later(1_000_000)
    expect(dials.length).toBe(count)
    expect(dialer.targets).toBe(0)
  })
})

describe('addresses', () => {
  it('of a peer are tried in turn, the good one first from then on', async () => {
    const { dials, connected } = world((address) => (address.startsWith(at(1)) ? peer(0) : unreachable))
    dialer.set('static', [`${at(0)}/p2p/${peer(0)}`, `${at(1)}/p2p/${peer(0)}`])
    dialer.start()
    await later(1)
    connected.clear()
    dialer.gone(peer(0), 0)
    await later(2_000)
    expect(dials.map((address) => address.split('/p2p')[0])).toEqual([at(0), at(1), at(1)])
  })
  it('that lead to ourselves are forgotten', async () => {
    world(() => fail('ERR_INVALID_INPUT', { what: 'self' }))
    dialer.set('bootstrap', [at(0), `${at(1)}/p2p/${peer(59)}`])
    dialer.start()
    await later(1)
    expect(dialer.targets).toBe(0)
  })
  it('are known by their host', () => {
    world(() => unreachable)
    dialer.set('static', [at(0)])
    expect([dialer.knows('192.0.2.1'), dialer.knows('192.0.2.2')]).toEqual([true, false])
  })
})

describe('sec/P3 learnt peers', () => {
  it('are all sought up to 32, beyond that 16', async () => {
    const few = world(() => unreachable)
    dialer.start()
    for (let index = 0; index < 20; index++) dialer.learn(peer(index), [at(index)])
    await later(1)
    expect(new Set(few.dials).size).toBe(20)
    dialer.stop()
    const many = world(() => unreachable)
    for (let index = 0; index < 40; index++) dialer.learn(peer(index), [at(index)])
    dialer.start()
    await later(500)
    expect(new Set(many.dials).size).toBe(16)
  })
  it('whom the gate bars, ourselves, and what cannot be dialled are not kept', () => {
    const { barred } = world(() => unreachable)
    barred.add(peer(0))
    dialer.learn(peer(0), [at(0)])
    dialer.learn(peer(59), [at(1)])
    dialer.learn(peer(1), ['/ip4/0.0.0.0/tcp/1', 'nonsense', '/ip4/192.0.2.7/tcp/0'])
    expect(dialer.targets).toBe(0)
  })
  it('are bounded, and forgotten when they never answer', async () => {
    world(() => unreachable)
    const crowd = Array.from({ length: 1_100 }, () => generateIdentity(systemRandom).peer)
    for (const [index, who] of crowd.entries())
      dialer.learn(who, [`/ip4/10.0.${index >> 8}.${(index & 255) + 1}/tcp/1`])
    expect(dialer.targets).toBe(1_024)
    dialer.stop()
    world(() => unreachable)
    dialer.learn(peer(0), [at(0)])
    dialer.start()
    await later(3_600_000)
    expect(dialer.targets).toBe(0)
  })
  it('never dials more than 16 at once', async () => {
    let open = 0
    let most = 0
    dialer = createDialer({
      random: half,
      self: '',
      connect: async () => {
        most = Math.max(most, ++open)
        await new Promise((resolve) => setTimeout(resolve, 100))
        open--
        throw unreachable
      },
      isConnected: () => false,
      mayDial: () => true,
      onFailed: () => undefined,
    })
    dialer.set(
      'static',
      Array.from({ length: 40 }, (_, index) => at(index)),
    )
    dialer.start()
    await later(10_000)
    expect(most).toBe(16)
  })
})

it('draws without repeating', () => {
  expect(new Set(drawn([1, 2, 3, 4], 3, systemRandom)).size).toBe(3)
  expect(drawn([1, 2], 5, systemRandom).sort()).toEqual([1, 2])
})
