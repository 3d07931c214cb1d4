import { toHex } from '../../src/codec/index.ts'
import type { Keys } from '../../src/keys/index.ts'
import { judgeSet, type JudgedSet } from '../../src/team/command-set.ts'
import { Evaluation } from '../../src/team/evaluation.ts'
import { Graph } from '../../src/team/graph.ts'
import { accept } from '../../src/team/ingest.ts'
import { parseCommand, stateHash, type Act, type Command } from '../../src/team/index.ts'

/** What `accept` is told of the payload; signatures were looked at before. */
const sound = { weak: false, claimHolds: true }

/**
 * The incremental engine fed with one command after the other, as they arrive: what comes before its parents waits. After
 * each that it takes it is asked for the state, so that no answer can rest on having seen everything.
 */
export class Arrivals {
  readonly graph = new Graph()
  readonly evaluation = new Evaluation(this.graph)
  /** Hex ids in the order in which they were taken. */
  readonly taken: string[] = []
  readonly #acts: ReadonlyMap<string, Act>
  #waiting: Command[] = []

  /** `acts`: of the commands that are origin-valid; others never get in. */
  constructor(acts: ReadonlyMap<string, Act>) {
    this.#acts = acts
  }

  /** Takes a command and all that waited for it; `after` is asked after each. */
  take(command: Command, after: (idHex: string) => void): void {
    if (this.graph.has(command.idHex) || !this.#acts.has(command.idHex)) return
    this.#waiting.push(command)
    for (let ready = this.#next(); ready !== undefined; ready = this.#next()) {
      const { idHex } = ready
      this.#waiting = this.#waiting.filter((one) => one.idHex !== idHex)
      const taken = accept(this, ready, this.#acts.get(idHex) as Act, sound)
      if ('code' in taken) throw new Error(`taken in one order and refused in another: ${taken.code}`)
      this.taken.push(idHex)
      after(idHex)
    }
  }

  get stateHash(): string {
    return toHex(stateHash(this.evaluation.current()))
  }

  #next(): Command | undefined {
    return this.#waiting.find(({ parentHexes }) => parentHexes.every((parent) => this.graph.has(parent)))
  }
}

/** Feeds a delivery to a fresh engine. Gives also what the same commands are as one set. */
export function arrive(
  inputs: readonly Uint8Array[],
  keys: Keys | undefined,
  after: (arrivals: Arrivals) => void = () => undefined,
): { arrivals: Arrivals; set: JudgedSet } {
  const set = judgeSet(inputs, { keys })
  const arrivals = new Arrivals(new Map(set.graph.nodes.map(({ command, act }) => [command.idHex, act])))
  for (const bytes of inputs) {
    const command = parseCommand(bytes)
    if (!('code' in command) && command.kind !== 'foreign')
      arrivals.take(command as Command, () => {
        after(arrivals)
      })
  }
  return { arrivals, set }
}
