import { beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { createFrameReader, encodeFrame, toHex, type CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { encodeBody, signCommand, type Command, type Replica, type ReplicaEvent } from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

type Timeless<E> = E extends unknown ? Omit<E, 'now'> : never

/** More than two sessions of the server, by number of commands. */
const many = 2 * limits.syncSessionCommandsMax + 1_000

let scribe: Scribe
let commands: readonly Command[]
let server: Replica

beforeAll(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  scribe.add('O', 'P', 'owner')
  const base = scribe.add('O', 'U')
  commands = [...scribe.commands, ...chain(base, many - 3)]
  server = scribe.replica('O', commands)
}, 120_000)

/** Hands a role to and fro. Nobody looks at these signatures: the answers of libsodium are played, too. */
function chain(from: Command, count: number): Command[] {
  const { device: author, identity } = scribe.actor('O')
  const { device } = scribe.actor('U')
  const signature = new Uint8Array(64).fill(7)
  const made: Command[] = []
  let parent = from
  for (let i = 0; i < count; i++) {
    const [was, role] = i % 2 === 0 ? ['user', 'sync-role'] : ['sync-role', 'user']
    const body = encodeBody({ kind: 'AssignRole', body: { device, gen: 0, role, roleAt: scribe.team, from: was } })
    const place = { team: scribe.team, parents: [parent.id], author, key: identity.publicKey, generation: 0, time: 0 }
    const chained = { sequence: parent.sequence + 1, depth: parent.depth + 1 }
    parent = signCommand({ ...place, ...chained, kind: 'AssignRole', body }, () => signature)
    made.push(parent)
  }
  return made
}

/** Two replicas on one stream. Time passes only where both wait for it, and then to what they asked to be woken at. */
class Wire {
  readonly ends: readonly [Replica, Replica]
  readonly sent: { readonly from: number; readonly frame: CborMap; readonly at: number }[] = []
  readonly troubles: string[] = []
  now = 1_000
  readonly #names: readonly [string, string]
  /** Checks of the joiner that libsodium has not answered yet, where the test holds them back. */
  held: { readonly token: number; readonly count: number }[] | undefined
  readonly #wakes = [Infinity, Infinity]
  readonly #queue: { readonly to: number; readonly frame: CborMap }[] = []

  /** The server's, and a new one of somebody who has nothing. */
  constructor(server: Replica, joiner: string) {
    this.ends = [server, scribe.replica(joiner, [])]
    this.#names = ['O', joiner]
  }

  connect(): void {
    for (const i of [0, 1]) {
      const other = this.#names[1 - i]!
      this.step(i, { kind: 'connected', peer: other, device: scribe.actor(other).device, given: true })
    }
  }

  disconnect(): void {
    for (const i of [0, 1]) this.step(i, { kind: 'gone', peer: this.#names[1 - i]! })
    this.#queue.length = 0
  }

  step(i: number, event: Timeless<ReplicaEvent>): void {
    const replica = this.ends[i]!
    for (const effect of replica.step({ ...event, now: this.now })) {
      if (effect.kind === 'send') this.#send(i, effect.frame)
      if (effect.kind === 'wake') this.#wakes[i] = effect.at
      if (effect.kind === 'verify') this.#verify(i, effect.token, effect.checks.length)
      if (effect.kind === 'append') this.step(i, { kind: 'stored', count: replica.graph.nodes.length })
      if (effect.kind === 'alarm' || effect.kind === 'cut') this.troubles.push(effect.code)
    }
  }

  /** Answers what was held back, and holds back no more. */
  letGo(): void {
    const held = this.held ?? []
    this.held = undefined
    for (const { token, count } of held) this.#verify(1, token, count)
  }

  #verify(i: number, token: number, count: number): void {
    if (i === 1 && this.held !== undefined) this.held.push({ token, count })
    else this.step(i, { kind: 'verified', token, verdicts: new Array<boolean>(count).fill(true) })
  }

  /** Runs until both agree, or so much time has passed. */
  run(msMax: number, onFrame: (taken: number) => void = () => undefined): void {
    const end = this.now + msMax
    for (let taken = 0; ;) {
      const next = this.#queue.shift()
      if (next !== undefined) {
        this.step(next.to, { kind: 'frame', peer: this.#names[1 - next.to]!, frame: next.frame })
        onFrame(++taken)
        continue
      }
      if (this.isAgreed()) return
      this.now = Math.max(this.now + 1, Math.min(...this.#wakes))
      if (this.now > end) return
      for (const i of [0, 1]) {
        if (this.now < this.#wakes[i]!) continue
        this.#wakes[i] = Infinity
        this.step(i, { kind: 'tick' })
      }
    }
  }

  isAgreed(): boolean {
    const [a, b] = this.ends
    return a.graph.nodes.length === b.graph.nodes.length && toHex(a.stateHash()) === toHex(b.stateHash())
  }

  /** Commands of the joiner that libsodium was asked about and has not answered. */
  get asked(): number {
    return (this.held ?? []).reduce((sum, { count }) => sum + count, 0)
  }

  /** Frames of that name, and when they were sent. */
  of(t: string): { readonly frame: CborMap; readonly at: number }[] {
    return this.sent.filter(({ frame }) => frame['t'] === t)
  }

  #send(from: number, frame: CborMap): void {
    this.sent.push({ from, frame, at: this.now })
    const [read] = createFrameReader(limits.syncFrameBytesMax).push(encodeFrame(frame, limits.syncFrameBytesMax))
    this.#queue.push({ to: 1 - from, frame: read! })
  }
}

describe('a catch-up of more than two sessions', () => {
  it('goes on at once where a budget ended the session', () => {
    const wire = new Wire(server, 'P')
    wire.connect()
    wire.run(limits.syncHelloMsMin)
    expect(wire.troubles).toEqual([])
    expect(wire.isAgreed()).toBe(true)
    const budget = limits.syncSessionCommandsMax
    expect(wire.of('done').map(({ frame }) => frame['remaining'])).toEqual([many - budget, many - 2 * budget, 0])
    const questions = wire.of('want').filter(({ frame }) => (frame['ranges'] as readonly unknown[]).length > 0)
    const ends = wire.of('done').map(({ at }) => at)
    expect(questions.slice(1).map(({ at }) => at)).toEqual(ends.slice(0, -1))
  }, 120_000)

  it('goes on while the server writes', () => {
    const wire = new Wire(server, 'U')
    wire.connect()
    const intent = { kind: 'AssignRole', device: scribe.actor('U').device, role: 'operator' } as const
    const halfway = many / limits.syncCommandsMax / 2
    wire.run(limits.syncHelloMsMin, () => {
      if (wire.of('commands').length >= halfway && server.graph.nodes.length === many)
        wire.step(0, { kind: 'author', request: 1, intent, time: 0, force: true })
    })
    expect(wire.troubles).toEqual([])
    expect(server.graph.nodes).toHaveLength(many + 1)
    expect(wire.isAgreed()).toBe(true)
  }, 120_000)
})

describe('while what came is verified', () => {
  const some = 5_000
  const bytesOf = (frames: readonly { readonly frame: CborMap }[]): number =>
    frames.flatMap(({ frame }) => frame['commands'] as Uint8Array[]).reduce((sum, { length }) => sum + length, 0)

  it('the rest waits unread, and no more is asked for than was granted; then all of it is taken in its order', () => {
    const wire = new Wire(scribe.replica('O', commands.slice(0, some)), 'P')
    wire.held = []
    wire.connect()
    wire.run(1_000)
    expect(wire.asked).toBeGreaterThanOrEqual(limits.commandsInLineMax)
    expect(wire.asked).toBeLessThan(limits.commandsInLineMax + limits.syncCommandsMax + 8)
    expect(bytesOf(wire.of('commands'))).toBeGreaterThan(limits.syncCreditBytesMax / 2)
    expect(bytesOf(wire.of('commands'))).toBeLessThanOrEqual(limits.syncCreditBytesMax)
    wire.letGo()
    wire.run(limits.syncHelloMsMin)
    expect(wire.troubles).toEqual([])
    expect(wire.isAgreed()).toBe(true)
    expect(bytesOf(wire.of('commands'))).toBe(commands.slice(0, some).reduce((sum, { bytes }) => sum + bytes.length, 0))
  }, 60_000)

  it('and the peer misbehaves: once it is cut, nothing more of it is looked at', () => {
    const wire = new Wire(scribe.replica('O', commands.slice(0, some)), 'P')
    wire.held = []
    wire.connect()
    wire.run(1_000)
    const before = wire.asked
    for (let i = 0; i <= limits.badSignaturesPerMinuteMax; i++)
      wire.step(1, { kind: 'frame', peer: 'O', frame: { t: 'nonsense' } })
    expect(wire.troubles).toEqual(['ERR_CODEC_FRAME'])
    wire.letGo()
    expect(wire.ends[1].graph.size).toBeLessThanOrEqual(before)
    expect(wire.ends[1].graph.size).toBeGreaterThan(0)
  }, 60_000)

  it('and the peer goes: what waited unread is dropped, and comes again from where it stopped', () => {
    const wire = new Wire(scribe.replica('O', commands.slice(0, some)), 'P')
    wire.held = []
    wire.connect()
    wire.run(1_000)
    const before = wire.asked
    wire.disconnect()
    wire.letGo()
    expect(wire.ends[1].graph.size).toBeLessThanOrEqual(before)
    wire.connect()
    wire.run(limits.syncHelloMsMin)
    expect(wire.troubles).toEqual([])
    expect(wire.isAgreed()).toBe(true)
  }, 60_000)
})
