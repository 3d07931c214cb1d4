import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { encodeCbor } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import type { Command } from '../../../src/team/index.ts'
import { ParkedPool, type ParkedCommand } from '../../../src/team/parked-pool.ts'
import { ofKind, ReplicaStage, sent } from '../../helpers/replica-stage.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
let stage: ReplicaStage
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  scribe.add('O', 'U')
  stage = new ReplicaStage(scribe, scribe.replica('O'))
  stage.connect('U')
})

/** A command of a kind that no version here knows. */
function future(by: string, parents?: readonly Command[]): Command {
  const parentsOf = parents === undefined ? {} : { parents }
  return scribe.writeRaw(by, { kind: 'FromTheFuture', body: { n: scribe.commands.length } }, parentsOf)
}

describe('R0: what a newer version understands', () => {
  it('is kept only where its signature holds, its descendants included', () => {
    const first = future('O')
    const child = future('O', [first])
    const forged = encodeCbor([child.unsigned, child.signature.map((byte) => byte ^ 1)])
    stage.push('U', first)
    expect(stage.replica.waiting()).toEqual({ parked: 1, orphans: 0 })
    expect(ofKind(stage.push('U', { bytes: forged }), 'park')).toEqual([])
    expect(stage.replica.waiting()).toEqual({ parked: 1, orphans: 0 })
    expect(ofKind(stage.push('U', child), 'park')).toHaveLength(1)
    expect(stage.replica.waiting()).toEqual({ parked: 2, orphans: 0 })
  })

  it('a descendant that came first waits as an orphan, and a forged one is refused when its turn comes', () => {
    const first = future('O')
    const child = future('O', [first])
    const forged = encodeCbor([child.unsigned, child.signature.map((byte) => byte ^ 1)])
    stage.push('U', { bytes: forged })
    stage.push('U', child)
    expect(stage.replica.waiting()).toEqual({ parked: 0, orphans: 2 })
    stage.push('U', first)
    expect(stage.replica.waiting()).toEqual({ parked: 2, orphans: 0 })
  })

  it('junk without a signature costs its sender the connection', () => {
    const first = future('O')
    stage.push('U', first)
    const child = future('O', [first])
    const effects = Array.from({ length: limits.badSignaturesPerMinuteMax + 1 }, (_, i) => {
      const signature = new Uint8Array(64).fill(i + 1)
      return stage.push('U', { bytes: encodeCbor([child.unsigned, signature]) })
    }).flat()
    expect(ofKind(effects, 'cut')).toMatchObject([{ peer: 'U', code: 'ERR_TEAM_FLOOD', penalise: true }])
    expect(stage.replica.waiting()).toEqual({ parked: 1, orphans: 0 })
  })

  it('is not asked for again by later greetings', () => {
    const first = future('O')
    const second = future('O', [first])
    stage.push('U', first)
    stage.push('U', second)
    const heads = { heads: [second.id], count: 4 }
    const devices = [[scribe.actor('O').device, second.sequence, false]]
    const effects = [...stage.hello('U', heads), ...stage.frame('U', { t: 'frontier', base: null, devices })]
    expect(sent(effects, 'want')).toEqual([])
    // What comes behind it is asked for, and that alone.
    const later = [[scribe.actor('O').device, second.sequence + 3, false]]
    const third = [
      ...stage.hello('U', { heads: [new Uint8Array(32).fill(9)], count: 7 }),
      ...stage.frame('U', { t: 'frontier', base: null, devices: later }),
    ]
    expect(sent(third, 'want')).toMatchObject([
      { ranges: [[scribe.actor('O').device, second.sequence + 1, second.sequence + 3]] },
    ])
  })
})

describe('the pool of parked commands', () => {
  function entry(n: number, holder: string, parents: readonly number[] = [], size = 10): ParkedCommand {
    const idHex = n.toString(16).padStart(64, '0')
    const parentHexes = parents.map((parent) => parent.toString(16).padStart(64, '0'))
    return { id: new Uint8Array(32), idHex, bytes: new Uint8Array(size), parentHexes, holder, place: `${holder}/${n}` }
  }

  it('holds so many and so much; the oldest tip goes first, and is wanted again later', () => {
    const pool = new ParkedPool()
    for (let n = 0; n < limits.parkedMax; n++) expect(pool.add(entry(n, 'a'), 0)).toEqual([])
    expect(pool.add(entry(20_000, 'a'), 0).map(({ place }) => place)).toEqual(['a/0'])
    expect(pool.size).toBe(limits.parkedMax)
    expect(pool.has(entry(0, 'a').idHex)).toBe(false)
    expect(pool.knows(entry(0, 'a').idHex, 1)).toBe(true)
    expect(pool.knowsPlace('a/0', 1)).toBe(true)
    expect(pool.knows(entry(0, 'a').idHex, limits.parkedAgainMs)).toBe(false)
    const large = new ParkedPool()
    for (let n = 0; n < 5_000; n++) large.add(entry(n, 'a', [], limits.commandBytesMax), 0)
    expect(large.bytes).toBeLessThanOrEqual(limits.parkedBytesMax)
    expect(large.size).toBe(limits.parkedBytesMax / limits.commandBytesMax)
  })

  it('a command goes before what it descends from', () => {
    const pool = new ParkedPool()
    pool.add(entry(1, 'a'), 0)
    pool.add(entry(2, 'a', [1]), 0)
    for (let n = 3; n <= limits.parkedMax; n++) pool.add(entry(n, 'a', [n - 1]), 0)
    // One chain: the newest is the only tip.
    expect(pool.add(entry(20_000, 'a', [limits.parkedMax]), 0).map(({ place }) => place)).toEqual(['a/20000'])
    expect(pool.add(entry(20_001, 'a', []), 0).map(({ place }) => place)).toEqual([`a/${limits.parkedMax}`])
  })

  it('one holder cannot drive out what another holds', () => {
    const pool = new ParkedPool()
    for (let n = 0; n < 100; n++) pool.add(entry(n, 'honest'), 0)
    const gone = Array.from({ length: 2 * limits.parkedMax }, (_, n) => pool.add(entry(1_000 + n, 'hostile'), 0)).flat()
    expect(new Set(gone.map(({ holder }) => holder))).toEqual(new Set(['hostile']))
    expect(pool.size).toBe(limits.parkedMax)
    for (let n = 0; n < 100; n++) expect(pool.has(entry(n, 'honest').idHex)).toBe(true)
  })
})
