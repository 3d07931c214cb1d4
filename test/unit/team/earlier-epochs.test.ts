import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { toHex, type CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { boxBytes } from '../../../src/team/epoch.ts'
import type { ReplicaEffect } from '../../../src/team/index.ts'
import { ofKind, ReplicaStage, sent } from '../../helpers/replica-stage.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
/** O, who made so many epochs before P came. */
let owner: ReplicaStage
/** P, who has none of them. */
let late: ReplicaStage
/** Hex ids of epochs that P can read. */
let readable: Set<string>
let epochs: Uint8Array[]

function setUp(count: number): void {
  scribe.found('O')
  scribe.add('O', 'Q')
  owner = new ReplicaStage(scribe, scribe.rotator('O'))
  for (let n = 0; n < count; n++) owner.run({ kind: 'rotate', request: n, time: 5, force: false })
  const { bundle } = scribe.actor('P')
  const intent = { kind: 'AddDevice', bundle, name: 'P', role: 'user' } as const
  owner.run({ kind: 'author', request: 100, intent, time: 5, force: false })
  epochs = owner.replica.state.epochs.map(({ id }) => id)
  const commands = owner.replica.graph.nodes.map(({ command }) => command)
  const canRead = (epochHex: string): boolean => readable.has(epochHex)
  late = new ReplicaStage(scribe, scribe.rotator('P', commands, [], { canRead }))
}

beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  readable = new Set()
})

/** Ids of epochs among what is asked for. */
function asked(effects: readonly ReplicaEffect[]): string[] {
  const known = new Set(epochs.map(toHex))
  const ids = sent(effects, 'want').flatMap((frame) => frame['ids'] as Uint8Array[])
  return ids.map(toHex).filter((id) => known.has(id))
}

const answer = (epoch: Uint8Array, change: CborMap = {}): CborMap => ({
  t: 'boxes',
  hash: epoch,
  part: 0,
  parts: 1,
  bytes: new Uint8Array(boxBytes).fill(1),
  ...change,
})

describe('earlier epochs', () => {
  it('are asked of members, the newest first, as many at a time as a WANT holds, and not again once they are open', () => {
    setUp(limits.wantEntriesMax + 3)
    const first = asked([...late.connect('O'), ...late.pass(1)])
    expect(first).toEqual(epochs.map(toHex).reverse().slice(0, limits.wantEntriesMax))
    expect(asked(late.pass(1))).toEqual([])
    const seen: ReplicaEffect[] = []
    for (const id of epochs.toReversed().slice(0, limits.wantEntriesMax)) {
      readable.add(toHex(id))
      seen.push(...late.frame('O', answer(id)))
    }
    expect(ofKind(seen, 'epoch-offered')).toHaveLength(limits.wantEntriesMax)
    expect(asked([...seen, ...late.pass(1)])).toEqual(epochs.map(toHex).reverse().slice(limits.wantEntriesMax))
    for (const id of epochs) readable.add(toHex(id))
    expect(asked(Array.from({ length: 20 }, () => late.pass(60_000)).flat())).toEqual([])
  })

  it('that a peer has not to give are asked of it again ever more rarely', () => {
    setUp(1)
    const [epoch = new Uint8Array()] = epochs
    let count = asked([...late.connect('O'), ...late.pass(1)]).length
    for (let second = 0; second < 3_600; second++) {
      const effects = late.pass(1_000)
      count += asked(effects).length
      if (asked(effects).length > 0) late.frame('O', answer(epoch, { parts: 0, bytes: new Uint8Array() }))
    }
    expect(count).toBeGreaterThan(5)
    expect(count).toBeLessThan(15)
  })

  it('are given by who was told to, within the credit, and to members alone', () => {
    setUp(1)
    const [epoch = new Uint8Array()] = epochs
    owner.connect('P')
    const want = { t: 'want', ids: [epoch], ranges: [], credit: boxBytes }
    const { device } = scribe.actor('P')
    expect(ofKind(owner.frame('P', want), 'epoch-asked')).toMatchObject([{ peer: 'P', device, epoch }])
    const box = new Uint8Array(boxBytes).fill(2)
    const give = (what: Uint8Array | null) =>
      sent(owner.run({ kind: 'epoch-answered', peer: 'P', epoch, box: what }), 'boxes')
    expect(give(box)).toEqual([{ t: 'boxes', hash: epoch, part: 0, parts: 1, bytes: box }])
    expect(give(box)).toMatchObject([{ parts: 0 }])
    expect(give(null)).toMatchObject([{ parts: 0 }])
    owner.connect('stranger')
    expect(ofKind(owner.frame('stranger', want), 'epoch-asked')).toEqual([])
  })

  it('that nobody asked for, or that are no box of the size, count against the sender', () => {
    setUp(1)
    const [epoch = new Uint8Array()] = epochs
    late.connect('O')
    late.pass(1)
    const seen = [...late.frame('O', answer(epoch, { bytes: new Uint8Array(boxBytes + 1) }))]
    for (let n = 0; n < limits.badSignaturesPerMinuteMax; n++) seen.push(...late.frame('O', answer(epoch)))
    expect(ofKind(seen, 'epoch-offered')).toEqual([])
    expect(ofKind(seen, 'cut').map(({ code }) => code)).toEqual(['ERR_CODEC_FRAME'])
  })
})
