import { beforeEach, describe, expect, it } from 'vitest'
import type { CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import {
  answerCheck,
  parseKeyBundle,
  type KeyBundle,
  type Replica,
  type ReplicaEffect,
} from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'
import { World } from '../../sim/world.ts'

let scribe: Scribe
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
})

const now = 1_000
const zeros = new Uint8Array(32)

function hello(heads: readonly Uint8Array[], team = scribe.team): CborMap {
  return { t: 'hello', team, heads, count: heads.length, stateHash: zeros, frontierDigest: null, version: 1 }
}

function connect(replica: Replica, name: string, given: boolean): ReplicaEffect[] {
  return replica.step({ kind: 'connected', peer: name, device: scribe.actor(name).device, given, now })
}

function frame(replica: Replica, name: string, map: CborMap): ReplicaEffect[] {
  return replica.step({ kind: 'frame', peer: name, frame: map, now })
}

function told(effects: readonly ReplicaEffect[]): (CborMap | 'cut')[] {
  const words: (CborMap | 'cut')[] = []
  for (const effect of effects) {
    if (effect.kind === 'send') words.push(effect.frame)
    if (effect.kind === 'cut') words.push('cut')
  }
  return words
}

describe('a peer that the team was given for and that is no member here', () => {
  /** O and U, who has been heard: V, who says it is a member, is not known. */
  function heard(): Replica {
    scribe.found('O')
    scribe.add('O', 'U')
    const replica = scribe.replica('O', scribe.commands, true)
    expect(replica.isHeard).toBe(true)
    return replica
  }

  it('may know better: it is asked, by a greeting that tells it nothing', () => {
    const replica = heard()
    expect(told(connect(replica, 'V', true))).toEqual([])
    const [answer, ...more] = told(frame(replica, 'V', hello([new Uint8Array(32).fill(7)])))
    expect(answer).toMatchObject({ t: 'hello', heads: [], count: 0, stateHash: zeros })
    expect(more).toEqual([])
  })

  it('is cut where it names another team, or nothing that we have not got', () => {
    const replica = heard()
    connect(replica, 'V', true)
    expect(told(frame(replica, 'V', hello([new Uint8Array(32).fill(7)], zeros)))).toEqual(['cut'])
    connect(replica, 'V', true)
    expect(told(frame(replica, 'V', hello([scribe.team])))).toEqual(['cut'])
  })

  it('is cut at once where the team was not given for it', () => {
    expect(told(connect(heard(), 'V', false))).toEqual(['cut'])
  })

  it('is served by what it granted before we knew it for a member', () => {
    const replica = heard()
    const added = scribe.add('O', 'V')
    connect(replica, 'V', true)
    frame(replica, 'V', { t: 'want', ids: [], ranges: [], credit: 4_096 })
    for (const effect of frame(replica, 'V', { t: 'commands', commands: [added.bytes] }))
      if (effect.kind === 'verify') {
        const verdicts = effect.checks.map((check) => answerCheck(scribe.keys, check))
        replica.step({ kind: 'verified', token: effect.token, verdicts, now })
      }
    replica.step({ kind: 'stored', count: scribe.commands.length, now })
    const answer = told(frame(replica, 'V', { t: 'want', ids: [scribe.team], ranges: [], credit: 0 }))
    expect(answer).toContainEqual({ t: 'commands', commands: [scribe.commands[0]?.bytes] })
  })

  it('brings back a node from an old disk that first met another one as old', async () => {
    const world = await World.create({ seed: 1, nodes: 3, isCalm: true })
    const bundle = (index: number): KeyBundle => parseKeyBundle(world.player(index).bundle(0)) as KeyBundle
    world.found(0, 'herd')
    world.author(0, { kind: 'AddDevice', bundle: bundle(1), name: 'b', role: 'operator' })
    world.run(70_000)
    world.crash(world.player(1))
    world.author(0, { kind: 'AddDevice', bundle: bundle(2), name: 'c', role: 'operator' })
    world.run(70_000)
    world.crash(world.player(0))
    world.player(0).disk.splice(2)
    world.split([0, 0, 1])
    for (const index of [0, 1]) world.start(world.player(index))
    world.run(70_000)
    expect(world.player(0).replica?.isHeard).toBe(true)
    world.split([0, 0, 0])
    world.run(70_000)
    expect(world.cast.map(({ replica }) => replica?.state.members.size)).toEqual([3, 3, 3])
  })
})

describe('a device that we hold for removed', () => {
  it('brings a node from an old disk back, also where that has forked meanwhile', async () => {
    const world = await World.create({ seed: 1, nodes: 2, isCalm: true })
    const { device } = world.player(1)
    const bundle = parseKeyBundle(world.player(1).bundle(0)) as KeyBundle
    world.found(0, 'herd')
    world.author(0, { kind: 'AddDevice', bundle, name: 'b', role: 'operator' })
    world.run(70_000)
    world.author(0, { kind: 'RemoveDevice', device })
    world.run(70_000)
    const kept = world.player(0).disk.length
    world.author(0, { kind: 'AddDevice', bundle, name: 'b', role: 'operator' })
    for (const label of ['red', 'green', 'blue']) world.author(0, { kind: 'CreateLabel', label })
    world.run(70_000)
    world.author(1, { kind: 'AssignNetworkName', device, name: 'db' })
    world.run(70_000)
    world.split([0, 1])
    world.crash(world.player(0))
    world.player(0).disk.splice(kept)
    world.start(world.player(0))
    for (const label of ['one', 'two', 'three', 'four', 'five', 'six']) world.author(0, { kind: 'CreateLabel', label })
    world.run(70_000)
    const sizes = (): (number | undefined)[] => world.cast.map(({ replica }) => replica?.graph.nodes.length)
    const [before = 0, other = 0] = sizes()
    world.split([0, 0])
    world.run(200_000)
    expect(sizes()).toEqual([other + before - kept, other + before - kept])
    expect(world.player(0).replica?.state.members.size).toBe(2)
  })
})

describe('a device that was let in by a command that lost in a fork', () => {
  /** The founder, back from an old disk, goes on alone; then it meets whom it had added on the side it has lost. */
  async function meet(seed: number): Promise<boolean[]> {
    const world = await World.create({ seed, nodes: 2, isCalm: true })
    const bundle = parseKeyBundle(world.player(1).bundle(0)) as KeyBundle
    world.found(0, 'herd')
    world.author(0, { kind: 'AddDevice', bundle, name: 'b', role: 'operator' })
    world.run(70_000)
    world.split([0, 1])
    world.crash(world.player(0))
    world.player(0).disk.splice(1)
    world.start(world.player(0))
    for (const label of ['red', 'green']) world.author(0, { kind: 'CreateLabel', label })
    world.run(70_000)
    world.split([0, 0])
    world.run(150_000)
    return world.cast.map(({ replica }) => replica?.state.members.has(world.player(1).hex) === true)
  }

  it('hears which one stands, also from who has heard nobody since its start', async () => {
    const found = await Promise.all(Array.from({ length: 8 }, (_, n) => meet(1 + n)))
    for (const [here, there] of found) expect(there).toBe(here)
    expect(new Set(found.map(([here]) => here))).toEqual(new Set([true, false]))
  })
})

describe('the proof that a device is out', () => {
  it('is the witness by which the removal won its fork, where the device has both sides', () => {
    scribe.found('O')
    for (const name of ['B', 'W']) scribe.add('O', name, 'operator')
    const base = [scribe.add('O', 'U')]
    const removal = scribe.remove('B', 'U', { parents: base })
    const body = { device: scribe.actor('U').device, gen: 0, name: 'db' }
    // Without a witness the smaller id stands.
    for (let time = 0; ; time++) {
      const other = scribe.writeRaw('B', { kind: 'AssignNetworkName', body }, { parents: base, change: { time } })
      if (other.idHex < removal.idHex) break
      scribe.commands.pop()
    }
    const sides = scribe.commands.slice(-2)
    expect(scribe.members()).toContain('U:user')
    const witness = scribe.add('W', 'V', 'user', { parents: [removal] })
    expect(scribe.members()).not.toContain('U:user')
    const replica = scribe.replica('O')
    connect(replica, 'U', false)
    const effects = told(frame(replica, 'U', hello(sides.map(({ id }) => id))))
    expect(effects).toEqual([{ t: 'commands', commands: [witness.bytes] }, 'cut'])
  })
})
