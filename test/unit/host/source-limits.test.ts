import { describe, expect, it } from 'vitest'
import type { Randomness } from '../../../src/base/index.ts'
import { createSourceLimits, isLoopbackSource, sourceOf } from '../../../src/host/index.ts'

const never: Randomness = { bytes: (size) => new Uint8Array(size).fill(255) }
const always: Randomness = { bytes: (size) => new Uint8Array(size) }

describe('sourceOf', () => {
  it.each([
    ['/ip4/192.0.2.7/tcp/4001', '192.0.2.7'],
    ['/ip6/::ffff:192.0.2.7/tcp/4001', '192.0.2.7'],
    ['/ip6/2001:db8:1:2:3:4:5:6/tcp/1', '2001:db8:1:2::/64'],
    ['/ip6/2001:db8:1:2::9/tcp/1/p2p/x', '2001:db8:1:2::/64'],
    ['/ip6/2001:db8::9/tcp/1', '2001:db8:0:0::/64'],
    ['/ip6/::1/tcp/1', '0:0:0:0::/64'],
    ['/ip6zone/eth0/ip6/fe80::1/tcp/1', 'fe80:0:0:0::/64'],
    ['/unix/%2Ftmp%2Fa', 'unix'],
  ])('%s counts for %s', (address, source) => {
    expect(sourceOf(address)).toBe(source)
  })
  it('knows its own machine', () => {
    expect([sourceOf('/ip6/::1/tcp/1'), '127.0.0.2', 'unix', '192.0.2.7'].map(isLoopbackSource)).toEqual([
      true,
      true,
      true,
      false,
    ])
  })
})

describe('sec/N8 slots for connections in mid-handshake', () => {
  it('gives one source four, and the next one when one ends', () => {
    const limits = createSourceLimits({ random: never })
    const entries = Array.from({ length: 5 }, () => limits.enter('a', 0))
    expect(entries.map(({ kind }) => kind)).toEqual(['admit', 'admit', 'admit', 'admit', 'refuse'])
    expect(entries[4]).toMatchObject({ reason: 'pending-of-source' })
    expect(limits.enter('b', 0).kind).toBe('admit')
    const [first] = entries
    if (first?.kind === 'admit') {
      first.leave()
      first.leave()
    }
    expect(limits.pending).toBe(4)
    expect(limits.enter('a', 0).kind).toBe('admit')
  })
  it('gives one source 40 at once and 20 a second after that', () => {
    const limits = createSourceLimits({ random: never })
    const come = (now: number): boolean => {
      const entry = limits.enter('a', now)
      if (entry.kind === 'admit') entry.leave()
      return entry.kind === 'admit'
    }
    expect(Array.from({ length: 60 }, () => come(0)).filter(Boolean).length).toBe(40)
    expect(Array.from({ length: 60 }, () => come(1_000)).filter(Boolean).length).toBe(20)
    expect(limits.enter('a', 1_000)).toMatchObject({ reason: 'rate' })
  })
  it('drops early and at random from 64 pending on, and all at 256', () => {
    const lucky = createSourceLimits({ random: never })
    const unlucky = createSourceLimits({ random: always })
    const fill = (limits: typeof lucky): number =>
      Array.from({ length: 400 }, (_, index) => limits.enter(`s${index}`, 0)).filter(({ kind }) => kind === 'admit')
        .length
    expect(fill(lucky)).toBe(256)
    expect(lucky.enter('more', 0)).toMatchObject({ reason: 'pending' })
    expect(fill(unlucky)).toBe(64)
    expect(unlucky.enter('more', 0)).toMatchObject({ reason: 'early-drop' })
  })
  it('an exempt source has no limit of its own', () => {
    const limits = createSourceLimits({ random: never }, { isExempt: (source) => source === 'site' })
    expect(Array.from({ length: 100 }, () => limits.enter('site', 0)).every(({ kind }) => kind === 'admit')).toBe(true)
  })
  it('penalties add up, bar from 15 s on, and fade', () => {
    const limits = createSourceLimits({ random: never })
    limits.penalise('a', 5_000, 0)
    expect(limits.enter('a', 0).kind).toBe('admit')
    limits.penalise('a', 5_000, 0)
    limits.penalise('a', 5_000, 0)
    expect(limits.enter('a', 0)).toMatchObject({ reason: 'penalty' })
    expect(limits.enter('b', 0).kind).toBe('admit')
    expect(limits.enter('a', 1_000).kind).toBe('admit')
    for (let index = 0; index < 1_000; index++) limits.penalise('a', 5_000, 2_000)
    expect(limits.enter('a', 601_000)).toMatchObject({ kind: 'admit' })
  })
  it('remembers a bounded number of sources', () => {
    const limits = createSourceLimits({ random: never })
    for (let index = 0; index < 66_000; index++) {
      const entry = limits.enter(`s${index}`, 0)
      if (entry.kind === 'admit') entry.leave()
    }
    expect(limits.sources).toBe(65_536)
  })
})
