import { describe, expect, it } from 'vitest'
import { generateSwarmKey, swarmKeyFingerprint, systemRandom } from '../../../src/keys/index.ts'
import { createKeyRing } from '../../../src/swarm/key-ring.ts'

const [a, b, c] = [1, 2, 3].map(() => generateSwarmKey(systemRandom)) as [Uint8Array, Uint8Array, Uint8Array]
const address = '/ip4/10.0.0.1/tcp/4001'

describe('the ring of swarm keys', () => {
  it('dials with the first, goes down the ring where it is turned down, and begins again', () => {
    const ring = createKeyRing([a, b])
    expect(ring.keyFor(address).key).toBe(a)
    ring.turnedDown(address, ring.keyFor(address))
    expect(ring.keyFor(address).key).toBe(b)
    expect(ring.keyFor('/ip4/10.0.0.2/tcp/4001').key).toBe(a)
    ring.turnedDown(address, ring.keyFor(address))
    expect(ring.keyFor(address).key).toBe(a)
    ring.turnedDown(address, ring.keyFor(address))
    ring.taken(address)
    expect(ring.keyFor(address).key).toBe(a)
  })
  it('cuts what uses a key that is gone, and nothing else', () => {
    const ring = createKeyRing([a, b])
    const [ofA, ofB, ofBThatEnded] = [{}, {}, {}]
    const cut: string[] = []
    const [first, second] = ring.keys
    if (first === undefined || second === undefined) throw new Error('two keys were given')
    ring.enter(first, ofA, () => cut.push('a'))
    ring.enter(second, ofB, () => cut.push('b'))
    ring.enter(second, ofBThatEnded, () => cut.push('ended')).leave()
    expect(ring.fingerprintOf(ofB)).toBe(swarmKeyFingerprint(b))
    expect(ring.fingerprintOf(ofBThatEnded)).toBeUndefined()
    ring.replace([c, b, a])
    expect(ring.cutStale()).toBe(0)
    expect(ring.keyFor(address).key).toBe(c)
    ring.replace([c, a])
    expect([ofA, ofB].map((timeline) => ring.isStale(timeline))).toEqual([false, true])
    expect(cut).toEqual([])
    expect(ring.cutStale()).toBe(1)
    expect(cut).toEqual(['b'])
  })
  it('forgets who turned a key down when the keys change', () => {
    const ring = createKeyRing([a, b])
    ring.turnedDown(address, ring.keyFor(address))
    ring.replace([c, b])
    expect(ring.keyFor(address).key).toBe(c)
  })
  it('a ring without keys has one that nobody has', () => {
    expect(createKeyRing([]).keyFor(address).key).toEqual(new Uint8Array(32))
  })
})
