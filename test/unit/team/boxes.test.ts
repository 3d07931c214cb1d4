import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { equalBytes, toHex, type CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { hashOfBoxes } from '../../../src/team/epoch.ts'
import type { ReplicaEffect } from '../../../src/team/index.ts'
import { ofKind, ReplicaStage, sent } from '../../helpers/replica-stage.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
/** O with an epoch for everybody, and what it says of it. */
let owner: ReplicaStage
let hash: Uint8Array
let bytes: Uint8Array

/** A team with so many plain members, and O's replica, which has rotated. */
function rotated(members: number): void {
  scribe.found('O')
  scribe.add('O', 'P')
  scribe.add('O', 'Q')
  for (let i = 0; i < members; i++) addQuickly(`device ${i}`)
  owner = new ReplicaStage(scribe, scribe.rotator('O'))
  owner.run({ kind: 'rotate', request: 1, time: 5, force: false })
  hash = owner.replica.state.epochs[0]?.boxesHash ?? new Uint8Array()
  bytes = owner.boxes.get(toHex(hash)) ?? new Uint8Array()
}

/** Adds without looking at the state: for many. */
function addQuickly(name: string): void {
  const last = scribe.commands.at(-1)
  const body = {
    bundle: scribe.actor(name).bundle,
    commonName: name,
    role: 'user',
    roleAt: scribe.team,
    gen: 0,
  }
  const parents = last === undefined ? [] : [last]
  scribe.writeAct(
    'O',
    { kind: 'AddDevice', body },
    { parents, change: { generation: 0, sequence: scribe.commands.length } },
  )
}

beforeEach(async () => {
  scribe = new Scribe(await openKeys())
})

function rotateKey(): Uint8Array {
  const node = owner.replica.graph.nodes.find(({ act }) => act.kind === 'RotateKey')
  if (node === undefined) throw new Error('not rotated')
  return node.command.bytes
}

/** P, connected to some, with the RotateKey and not the boxes. Gives what P asked for. */
function receiver(...peers: readonly string[]): { stage: ReplicaStage; effects: ReplicaEffect[] } {
  const stage = new ReplicaStage(scribe, scribe.rotator('P'))
  for (const peer of peers) stage.connect(peer)
  const [first = 'O'] = peers
  const effects = [...stage.push(first, { bytes: rotateKey() }), ...stage.pass(1)]
  return { stage, effects }
}

/** Peers that were asked for the boxes. */
function asked(effects: readonly ReplicaEffect[]): string[] {
  return ofKind(effects, 'send').flatMap(({ peer, frame }) => {
    const ids = frame['t'] === 'want' ? (frame['ids'] as Uint8Array[]) : []
    return ids.some((id) => equalBytes(id, hash)) ? [peer] : []
  })
}

function piece(part: number, change: CborMap = {}): CborMap {
  const size = limits.boxesPieceBytesMax
  const parts = Math.ceil(bytes.length / size)
  return { t: 'boxes', hash, part, parts, bytes: bytes.slice(part * size, (part + 1) * size), ...change }
}

function cuts(effects: readonly ReplicaEffect[]): string[] {
  return ofKind(effects, 'cut').map(({ code }) => code)
}

describe('the boxes of an epoch', () => {
  it('are asked for once the RotateKey is accepted, verified by their hash, kept, and served to the next', () => {
    rotated(0)
    const { stage, effects } = receiver('O')
    expect(asked(effects)).toEqual(['O'])
    expect(stage.boxes.size).toBe(0)
    stage.frame('O', piece(0))
    expect(stage.boxes.get(toHex(hash))).toEqual(bytes)
    stage.connect('Q')
    const answer = stage.frame('Q', { t: 'want', ids: [hash], ranges: [], credit: 100_000 })
    expect(sent(answer, 'boxes')).toEqual([{ t: 'boxes', hash, part: 0, parts: 1, bytes }])
  })

  it('of a large team come in pieces that fit a frame, in any order, within the credit', () => {
    rotated(620)
    expect(bytes.length).toBeGreaterThan(limits.boxesPieceBytesMax)
    owner.connect('P')
    const first = owner.frame('P', { t: 'want', ids: [hash], ranges: [], credit: limits.boxesPieceBytesMax + 10 })
    expect(sent(first, 'boxes').map(({ part }) => part)).toEqual([0])
    const rest = owner.frame('P', { t: 'want', ids: [], ranges: [], credit: limits.boxesPieceBytesMax })
    const pieces = [...sent(first, 'boxes'), ...sent(rest, 'boxes')]
    expect(pieces.map(({ part, parts }) => [part, parts])).toEqual([
      [0, 2],
      [1, 2],
    ])
    const { stage } = receiver('O')
    for (const one of pieces.reverse()) stage.frame('O', one)
    expect(stage.boxes.get(toHex(hash))).toEqual(bytes)
  }, 60_000)

  it('that the peer has not got are asked of another, and of all again later', () => {
    rotated(0)
    const { stage, effects } = receiver('O', 'Q')
    const order = [...asked(effects)]
    expect(order).toHaveLength(1)
    const nothing: CborMap = { t: 'boxes', hash, part: 0, parts: 0, bytes: new Uint8Array() }
    order.push(...asked(stage.frame(order[0] ?? '', nothing)))
    expect([...order].sort()).toEqual(['O', 'Q'])
    expect(asked(stage.frame(order[1] ?? '', nothing))).toEqual([])
    expect(asked(stage.pass(1_000))).toHaveLength(1)
    stage.frame('O', piece(0))
    stage.frame('Q', piece(0))
    expect(stage.boxes.size).toBe(1)
  })

  it('that a silent peer does not send are asked of another after a while', () => {
    rotated(0)
    const { stage, effects } = receiver('O', 'Q')
    const [first = ''] = asked(effects)
    const [second] = asked(stage.pass(limits.boxesMsMax + 1))
    expect(second).toBe(first === 'O' ? 'Q' : 'O')
  })

  it('of another hash or size count against the sender, who is not asked for them again, and are not kept', () => {
    rotated(0)
    const wrong = bytes.slice()
    wrong[3] = (wrong[3] ?? 0) ^ 1
    for (const change of [{ bytes: wrong }, { bytes: bytes.slice(1) }, { parts: 2 }, { part: 1 }] as CborMap[]) {
      const { stage } = receiver('O')
      const seen = [...stage.frame('O', piece(0, change))]
      for (let times = 0; times < 20; times++) seen.push(...stage.pass(2_000))
      expect(asked(seen), Object.keys(change).join()).toEqual([])
      expect(asked([...stage.connect('Q'), ...stage.pass(30_000)])).toEqual(['Q'])
      stage.frame('Q', piece(0))
      expect(stage.boxes.get(toHex(hash))).toEqual(bytes)
    }
    // One of the ten offences that a peer is allowed in a minute.
    const { stage } = receiver('O')
    stage.frame('O', piece(0, { bytes: wrong }))
    const nonsense = Array.from({ length: limits.badSignaturesPerMinuteMax }, () => stage.frame('O', { t: 'nonsense' }))
    expect(nonsense.map(cuts)).toEqual([...nonsense.slice(1).map(() => []), ['ERR_CODEC_FRAME']])
  })

  it('that nobody asked for are not kept; who goes on sending them is cut', () => {
    rotated(0)
    const stage = new ReplicaStage(scribe, scribe.rotator('P'))
    stage.connect('O')
    const seen: ReplicaEffect[] = []
    for (let times = 0; times <= limits.badSignaturesPerMinuteMax; times++) seen.push(...stage.frame('O', piece(0)))
    expect(stage.boxes.size).toBe(0)
    expect(cuts(seen)).toEqual(['ERR_CODEC_FRAME'])
  })

  it('are given to members alone, and what is not here is answered with nothing', () => {
    rotated(0)
    owner.connect('stranger')
    const want = { t: 'want', ids: [hash], ranges: [], credit: 100_000 }
    expect(sent(owner.frame('stranger', want), 'boxes')).toEqual([])
    owner.connect('Q')
    const unknown = hashOfBoxes(new Uint8Array(80))
    const answer = owner.frame('Q', { ...want, ids: [unknown] })
    expect(sent(answer, 'boxes')).toEqual([{ t: 'boxes', hash: unknown, part: 0, parts: 0, bytes: new Uint8Array() }])
  })

  it('that the disk lost are fetched again', () => {
    rotated(0)
    const { stage } = receiver('O')
    stage.frame('O', piece(0))
    stage.boxes.clear()
    stage.connect('Q')
    const effects = stage.frame('Q', { t: 'want', ids: [hash], ranges: [], credit: 100_000 })
    expect(sent(effects, 'boxes')).toMatchObject([{ parts: 0 }])
    expect(asked([...effects, ...stage.pass(1)])).toHaveLength(1)
  })

  it('are known again after a start, from the names on the disk', () => {
    rotated(0)
    const commands = owner.replica.graph.nodes.map(({ command }) => command)
    const stage = new ReplicaStage(scribe, scribe.rotator('P', commands, [toHex(hash)]))
    expect(asked([...stage.connect('O'), ...stage.pass(1)])).toEqual([])
    const bare = new ReplicaStage(scribe, scribe.rotator('P', commands))
    expect(asked([...bare.connect('O'), ...bare.pass(1)])).toEqual(['O'])
  })
})
