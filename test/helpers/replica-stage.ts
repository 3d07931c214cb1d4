import { toHex, type CborMap } from '../../src/codec/index.ts'
import {
  answerCheck,
  boxAt,
  type Command,
  type Replica,
  type ReplicaEffect,
  type ReplicaEvent,
} from '../../src/team/index.ts'
import type { Scribe } from './team-scribe.ts'

type Timeless<E> = E extends unknown ? Omit<E, 'now'> : never
export type StageEvent = Timeless<ReplicaEvent>

/** One replica with a good executor: what it asks of disk and libsodium is done at once; peers are whoever the test plays. */
export class ReplicaStage {
  readonly replica: Replica
  now = 1_000
  /** Epoch boxes on its disk, by the hex of their hash. */
  readonly boxes = new Map<string, Uint8Array>()
  /** Of those that had to go, this device's own. */
  readonly ownBoxes = new Map<string, Uint8Array>()
  /** How often libsodium was asked. */
  checks = 0
  readonly #scribe: Scribe

  constructor(scribe: Scribe, replica: Replica) {
    this.#scribe = scribe
    this.replica = replica
  }

  /** Gives an event; answers with all effects, those of the answers included. */
  run(event: StageEvent): ReplicaEffect[] {
    const seen: ReplicaEffect[] = []
    for (const effect of this.replica.step({ ...event, now: this.now })) {
      seen.push(effect)
      if (effect.kind === 'verify') {
        this.checks += effect.checks.length
        const verdicts = effect.checks.map((check) => answerCheck(this.#scribe.keys, check))
        seen.push(...this.run({ kind: 'verified', token: effect.token, verdicts }))
      }
      if (effect.kind === 'keep-boxes') {
        this.boxes.set(toHex(effect.hash), effect.bytes)
        seen.push(...this.run({ kind: 'boxes-kept', hash: effect.hash }))
      }
      if (effect.kind === 'drop-boxes') {
        const boxes = this.boxes.get(toHex(effect.hash))
        if (boxes !== undefined && effect.own >= 0) this.ownBoxes.set(toHex(effect.hash), boxAt(boxes, effect.own))
        this.boxes.delete(toHex(effect.hash))
      }
      if (effect.kind === 'read-boxes') {
        const bytes = this.boxes.get(toHex(effect.hash)) ?? null
        seen.push(...this.run({ kind: 'boxes-read', hash: effect.hash, bytes }))
      }
      if (effect.kind === 'append') seen.push(...this.run({ kind: 'stored', count: this.replica.graph.nodes.length }))
    }
    return seen
  }

  connect(name: string, given = false): ReplicaEffect[] {
    return this.run({ kind: 'connected', peer: name, device: this.#scribe.actor(name).device, given })
  }

  frame(name: string, frame: CborMap): ReplicaEffect[] {
    return this.run({ kind: 'frame', peer: name, frame })
  }

  push(name: string, command: Pick<Command, 'bytes'>): ReplicaEffect[] {
    return this.frame(name, { t: 'push', command: command.bytes })
  }

  /** Lets so much time pass, and gives a tick. */
  pass(ms: number): ReplicaEffect[] {
    this.now += ms
    return this.run({ kind: 'tick' })
  }

  /** A HELLO of a peer that names these heads. */
  hello(name: string, change: CborMap = {}): ReplicaEffect[] {
    const zeros = new Uint8Array(32)
    const team = this.#scribe.team
    const blank = { heads: [], count: 0, stateHash: zeros, frontierDigest: null, version: 1 }
    return this.frame(name, { t: 'hello', team, ...blank, ...change })
  }
}

/** Frames of that name among effects. */
export function sent(effects: readonly ReplicaEffect[], t: string): CborMap[] {
  return effects.flatMap((effect) => (effect.kind === 'send' && effect.frame['t'] === t ? [effect.frame] : []))
}

/** Effects of one kind. */
export function ofKind<K extends ReplicaEffect['kind']>(
  effects: readonly ReplicaEffect[],
  kind: K,
): Extract<ReplicaEffect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<ReplicaEffect, { kind: K }> => effect.kind === kind)
}
