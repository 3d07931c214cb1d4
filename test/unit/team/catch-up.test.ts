import { expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { toHex, type CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import {
  answerCheck,
  parseCommand,
  type Command,
  type Intent,
  type LoadedCommand,
  type Replica,
  type ReplicaEvent,
} from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

type Timeless<E> = E extends unknown ? Omit<E, 'now'> : never

/** Replicas that are all connected, each link in order; time passes when nothing is under way. */
class Crowd {
  readonly replicas = new Map<string, Replica>()
  /** What came, in order. */
  readonly received: { readonly from: string; readonly to: string; readonly frame: CborMap }[] = []
  now = 1_000
  readonly #scribe: Scribe
  readonly #queue: { from: string; to: string; frame: CborMap }[] = []

  constructor(scribe: Scribe) {
    this.#scribe = scribe
  }

  join(name: string, commands: readonly LoadedCommand[]): void {
    const others = [...this.replicas.keys()]
    this.replicas.set(name, this.#scribe.replica(name, commands))
    for (const other of others) {
      this.#connect(name, other)
      this.#connect(other, name)
    }
  }

  #connect(name: string, to: string): void {
    this.step(name, { kind: 'connected', peer: to, device: this.#scribe.actor(to).device, given: true })
  }

  step(name: string, event: Timeless<ReplicaEvent>): void {
    const replica = this.replicas.get(name)!
    for (const effect of replica.step({ ...event, now: this.now })) {
      if (effect.kind === 'send') this.#queue.push({ from: name, to: effect.peer, frame: effect.frame })
      if (effect.kind === 'verify') {
        const verdicts = effect.checks.map((check) => answerCheck(this.#scribe.keys, check))
        this.step(name, { kind: 'verified', token: effect.token, verdicts })
      }
      if (effect.kind === 'append') this.step(name, { kind: 'stored', count: replica.graph.nodes.length })
    }
  }

  author(name: string, intent: Intent): void {
    this.step(name, { kind: 'author', request: 1, intent, time: 0, force: true })
  }

  /** So many frames arrive; fewer where no more are under way. */
  deliver(count: number): void {
    for (; count > 0; count--) {
      const next = this.#queue.shift()
      if (next === undefined) return
      this.received.push(next)
      this.step(next.to, { kind: 'frame', peer: next.from, frame: next.frame })
    }
  }

  isAgreed(): boolean {
    return new Set(Array.from(this.replicas.values(), (replica) => toHex(replica.stateHash()))).size === 1
  }

  /** Until all agree. */
  settle(): void {
    for (let ticks = 0; ticks < 50; ticks++) {
      this.deliver(Infinity)
      if (this.isAgreed()) return
      this.now += 400
      for (const name of this.replicas.keys()) this.step(name, { kind: 'tick' })
    }
  }

  /** Commands that came to one of them, by hex id, with who sent each and how. */
  commandsTo(name: string): { idHex: string; from: string; t: unknown }[] {
    return this.received
      .filter(({ to }) => to === name)
      .flatMap(({ from, frame }) => {
        const { t, command, commands } = frame
        const bytes = (t === 'push' ? [command] : t === 'commands' ? commands : []) as Uint8Array[]
        return bytes.map((one) => ({ idHex: (parseCommand(one) as Command).idHex, from, t }))
      })
  }
}

it('a new node is caught up by one peer while ten others push: little comes to it twice', async () => {
  const scribe = new Scribe(await openKeys())
  scribe.found('O')
  const pushers = Array.from({ length: 10 }, (_, i) => `P${i}`)
  for (const name of [...pushers, 'N']) scribe.add('O', name, 'owner')
  scribe.add('O', 'target', 'user')
  const crowd = new Crowd(scribe)
  crowd.join('O', scribe.commands)
  const { device } = scribe.actor('target')
  for (let i = 0; i < 800; i++) crowd.author('O', { kind: 'AssignRole', device, role: i % 2 === 0 ? 'admin' : 'user' })
  const history = crowd.replicas
    .get('O')!
    .graph.nodes.map(({ command: { id, idHex, bytes } }) => ({ id, idHex, bytes }))
  expect(history).toHaveLength(scribe.commands.length + 800)
  for (const name of pushers) crowd.join(name, history)
  crowd.settle()

  crowd.join('N', scribe.commands)
  const live = 30
  for (let i = 0; i < live; i++) {
    const { bundle } = scribe.actor(`L${i}`)
    crowd.author(pushers[i % pushers.length]!, { kind: 'AddDevice', bundle, name: `L${i}` })
    crowd.deliver(40)
  }
  crowd.settle()
  expect(crowd.isAgreed()).toBe(true)

  const old = new Set(history.map(({ idHex }) => idHex))
  const [ofOld, ofNew] = [true, false].map((isOld) =>
    crowd.commandsTo('N').filter(({ idHex }) => old.has(idHex) === isOld),
  )
  // What was there before comes once, from whoever had the first turn.
  expect(ofOld).toHaveLength(800)
  expect(new Set(ofOld!.map(({ from }) => from)).size).toBe(1)
  // What is new comes from its author, and from a few who did not know yet that we have it.
  expect(new Set(ofNew!.map(({ idHex }) => idHex)).size).toBe(live)
  expect(ofNew!.length / live).toBeLessThanOrEqual(1 + limits.pushRelayMax)
})
