import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { createFrameReader, encodeFrame, toHex, type CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { answerCheck, signCommand, type Command, type Replica, type ReplicaEvent } from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
})

type Timeless<E> = E extends unknown ? Omit<E, 'now'> : never

/** Two replicas on one stream, frames as real bytes, in order. */
class Pipe {
  readonly ends: readonly [Replica, Replica]
  readonly names: readonly [string, string]
  readonly frames: { from: number; frame: CborMap; bytes: number }[] = []
  readonly alarms: string[] = []
  now = 1_000
  readonly #queue: { to: number; frame: CborMap }[] = []

  constructor(names: readonly [string, string], ends: readonly [Replica, Replica]) {
    this.names = names
    this.ends = ends
  }

  connect(): void {
    for (const i of [0, 1]) {
      const other = this.names[1 - i]!
      this.step(i, { kind: 'connected', peer: other, device: scribe.actor(other).device, given: true })
    }
    this.pump()
  }

  step(i: number, event: Timeless<ReplicaEvent>): void {
    const replica = this.ends[i]!
    for (const effect of replica.step({ ...event, now: this.now })) {
      if (effect.kind === 'send') {
        const bytes = encodeFrame(effect.frame, limits.syncFrameBytesMax)
        this.frames.push({ from: i, frame: effect.frame, bytes: bytes.length })
        const [frame] = createFrameReader(limits.syncFrameBytesMax).push(bytes)
        this.#queue.push({ to: 1 - i, frame: frame! })
      }
      if (effect.kind === 'verify') {
        const verdicts = effect.checks.map((check) => answerCheck(scribe.keys, check))
        this.step(i, { kind: 'verified', token: effect.token, verdicts })
      }
      if (effect.kind === 'append') this.step(i, { kind: 'stored', count: replica.graph.nodes.length })
      if (effect.kind === 'alarm' || effect.kind === 'cut') this.alarms.push(effect.code)
    }
  }

  /** Until nothing is under way; time passes only when it is waited for. */
  pump(): void {
    for (let ticks = 0; ticks < 30; ticks++) {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
        this.step(next.to, { kind: 'frame', peer: this.names[1 - next.to]!, frame: next.frame })
      if (this.isAgreed()) return
      this.now += 400
      for (const i of [0, 1]) this.step(i, { kind: 'tick' })
    }
  }

  isAgreed(): boolean {
    const [a, b] = this.ends
    return toHex(a.stateHash()) === toHex(b.stateHash()) && a.graph.nodes.length === b.graph.nodes.length
  }

  sent(t: string): CborMap[] {
    return this.frames.filter(({ frame }) => frame['t'] === t).map(({ frame }) => frame)
  }
}

function pipeOf(sides: readonly [readonly Command[], readonly Command[]]): Pipe {
  return new Pipe(['O', 'P'], [scribe.replica('O', sides[0]), scribe.replica('P', sides[1])])
}

/** Hands a role to and fro `count` times on top of a command. */
function chain(
  by: string,
  about: string,
  count: number,
  from: Command,
  first: 'user' | 'sync-role' = 'user',
): Command[] {
  const { device } = scribe.actor(about)
  const made: Command[] = []
  let parent = from
  for (let i = 0; i < count; i++) {
    const isUser = (i % 2 === 0) === (first === 'user')
    const [was, role] = isUser ? ['user', 'sync-role'] : ['sync-role', 'user']
    const body = { device, gen: 0, role: role, roleAt: scribe.team, from: was }
    parent = scribe.writeAct(by, { kind: 'AssignRole', body }, { parents: [parent], change: { generation: 0 } })
    made.push(parent)
  }
  return made
}

describe('two nodes that were cut apart', () => {
  it('exchange what each lacks, once, and agree', () => {
    scribe.found('O')
    scribe.add('O', 'P', 'owner')
    const base = scribe.add('O', 'U')
    const before = [...scribe.commands]
    const left = chain('O', 'U', 120, base)
    const right = chain('P', 'U', 80, base)
    const pipe = pipeOf([
      [...before, ...left],
      [...before, ...right],
    ])
    pipe.connect()
    expect(pipe.isAgreed()).toBe(true)
    expect(pipe.alarms).toEqual([])
    const delivered = pipe.sent('commands').flatMap(({ commands }) => commands as Uint8Array[])
    expect(delivered).toHaveLength(200)
    expect(pipe.frames.every(({ bytes }) => bytes <= limits.syncFrameBytesMax + 4)).toBe(true)
    expect(pipe.sent('range')).toEqual([])
  })

  it('on 18 branches, and name the same 16 heads: no alarm, and all agree', () => {
    scribe.found('O')
    scribe.add('O', 'P', 'owner')
    const names = Array.from({ length: 18 }, (_, i) => `X${i}`)
    for (const name of names) scribe.add('O', name)
    const [before, base] = [[...scribe.commands], scribe.heads()]
    const branches = names.map((name) => scribe.remove(name, name, { parents: base }))
    const sorted = branches.sort((a, b) => (a.idHex < b.idHex ? -1 : 1))
    const pipe = pipeOf([
      [...before, ...sorted.slice(0, 17)],
      [...before, ...sorted.slice(0, 16), sorted[17]!],
    ])
    pipe.connect()
    expect(pipe.alarms).toEqual([])
    expect(pipe.isAgreed()).toBe(true)
    expect(pipe.ends[0].graph.heads()).toHaveLength(18)
  })

  it('and one of them is new: it gets all, as credit is renewed', () => {
    scribe.found('O')
    scribe.add('O', 'P', 'owner')
    const base = scribe.add('O', 'U')
    chain('O', 'U', 1_200, base)
    const pipe = pipeOf([scribe.commands, []])
    pipe.connect()
    expect(pipe.isAgreed()).toBe(true)
    expect(pipe.ends[1].graph.nodes).toHaveLength(1_203)
  }, 60_000)

  it('a frontier tells only what changed since the last', () => {
    scribe.found('O')
    scribe.add('O', 'P', 'owner')
    scribe.add('O', 'U')
    const known = [...scribe.commands]
    const pipe = pipeOf([known, known.slice(0, 2)])
    pipe.connect()
    const first = pipe.sent('frontier').length
    pipe.step(0, {
      kind: 'author',
      request: 1,
      intent: { kind: 'AssignRole', device: scribe.actor('U').device, role: 'operator' },
      time: 0,
      force: true,
    })
    pipe.pump()
    pipe.now += 1_000
    for (const i of [0, 1]) pipe.step(i, { kind: 'hello' })
    pipe.pump()
    expect(pipe.isAgreed()).toBe(true)
    expect(pipe.sent('frontier').length).toBeGreaterThanOrEqual(first)
    expect(pipe.alarms).toEqual([])
  })
})

it('a team of a newer law is parked, with what descends from it, whatever its payloads are', () => {
  const { body } = scribe.found('O')
  const { sign, device: author, identity } = scribe.actor('O')
  const said = { author, key: identity.publicKey, generation: 0, time: 0 }
  const root = { ...said, team: null, parents: [], sequence: 0, depth: 0, kind: 'CreateTeam' }
  const first = signCommand({ ...root, body: { ...body, policy: 2, more: 1 } }, sign)
  const next = { ...said, team: first.id, parents: [first.id], sequence: 1, depth: 1, kind: 'AddDevice' }
  const second = signCommand({ ...next, body: { otherwise: true } }, sign)
  scribe.commands.splice(0, 1, first)
  const pipe = pipeOf([[], []])
  pipe.step(0, { kind: 'connected', peer: 'P', device: scribe.actor('P').device, given: true })
  const commands = [first.bytes, second.bytes]
  pipe.step(0, { kind: 'frame', peer: 'P', frame: { t: 'commands', commands } })
  expect(pipe.ends[0].waiting()).toEqual({ parked: 2, orphans: 0 })
  expect(pipe.ends[0].isSynced).toBe(false)
})

describe('a node with an old disk', () => {
  it.each([
    ['asks whom it was given the team for, and shows it no ids', false, []],
    ['answers a RANGE of a member', true, ['announce']],
  ] as const)('%s', (_, isMember, told) => {
    scribe.found('O')
    if (isMember) scribe.add('O', 'P')
    const pipe = pipeOf([scribe.commands, []])
    pipe.step(0, { kind: 'connected', peer: 'P', device: scribe.actor('P').device, given: true })
    const before = pipe.frames.length
    const whole = { from: [0, new Uint8Array(32)], to: null, count: 0, hash: new Uint8Array(32), ids: [] }
    pipe.step(0, { kind: 'frame', peer: 'P', frame: { t: 'range', ...whole, round: 1 } })
    expect(pipe.frames.slice(before).map(({ frame }) => frame['t'])).toEqual(told)
  })
})

describe('I9: whom a node holds for removed', () => {
  it('may know better: its data is judged, and where it was added again both agree', () => {
    scribe.found('O')
    scribe.add('O', 'P', 'owner')
    scribe.add('O', 'Q', 'owner')
    scribe.remove('P', 'P')
    const old = [...scribe.commands]
    scribe.add('Q', 'P', 'user')
    const pipe = pipeOf([old, scribe.commands])
    pipe.connect()
    expect(pipe.isAgreed()).toBe(true)
    expect(pipe.ends[0].state.members.size).toBe(3)
  })

  it('and knows nothing better, gets the proof, and is told no head and no frontier', () => {
    scribe.found('O')
    scribe.add('O', 'P')
    const before = [...scribe.commands]
    scribe.remove('O', 'P')
    scribe.add('O', 'V')
    const pipe = pipeOf([scribe.commands, before])
    pipe.connect()
    expect(pipe.ends[1].state.members.size).toBe(1)
    expect(pipe.ends[1].graph.nodes).toHaveLength(3)
    const told = pipe.frames.filter(({ from }) => from === 0).map(({ frame }) => frame['t'])
    expect(told).toEqual(['commands'])
    expect(pipe.alarms).toContain('ERR_TEAM_NOT_MEMBER')
  })
})

describe('sec/G1: a device forked, and numbers no longer name commands', () => {
  it.each([1, 3, 40, 200])('two nodes hold %i commands of each side: ranges find them, and all agree', (length) => {
    scribe.found('O')
    scribe.add('O', 'P', 'owner')
    scribe.add('O', 'F', 'owner')
    const base = scribe.add('O', 'U')
    const before = [...scribe.commands]
    const left = chain('F', 'U', length, base)
    // The same device from the same place: the same numbers, other commands.
    const revoke = scribe.revoke('F', 'U', 'user', { parents: [base] })
    const right = [revoke, ...chain('F', 'U', length - 1, revoke, 'sync-role')]
    const pipe = pipeOf([
      [...before, ...left],
      [...before, ...right],
    ])
    pipe.connect()
    expect(pipe.isAgreed()).toBe(true)
    expect(pipe.alarms).toEqual([])
    expect(pipe.sent('range').length).toBeGreaterThan(0)
    expect(pipe.ends[0].graph.forked()).toHaveLength(1)
    expect(pipe.ends[0].graph.nodes).toHaveLength(before.length + 2 * length)
  })
})
