import { toHex } from '../../src/codec/index.ts'
import type { Keys } from '../../src/keys/index.ts'
import type { Replica } from '../../src/team/index.ts'
import { OracleBook, type Known, type Said } from '../oracle/compare.ts'

/** What is asked of whoever has a graph and its verdicts. */
export type Judged = Pick<Replica, 'graph' | 'standing' | 'state' | 'stateHash'>

/** Up to so many commands every state is compared with the oracle; above, it takes more than the square of the size. */
const everyMax = 20

/** Compares the states of a simulation with the naive oracle as they come: every set of commands once, whoever holds it. */
export class OracleWatch {
  readonly #book: OracleBook
  /** Hash of the state that was compared, by the heads it belongs to. */
  readonly #seen = new Map<string, string>()

  constructor(keys: Keys) {
    this.#book = new OracleBook(keys)
  }

  /** What is wrong with a state that has just come about; of big graphs, of every eighth size. */
  look(judged: Judged): string | undefined {
    const { length } = judged.graph.nodes
    if (length === 0 || (length > everyMax && length % 8 > 0)) return undefined
    const heads = judged.graph
      .heads()
      .map(({ command }) => command.idHex)
      .join(' ')
    const hash = toHex(judged.stateHash())
    const known = this.#seen.get(heads)
    if (known === undefined) this.#seen.set(heads, hash)
    if (known !== undefined) return known === hash ? undefined : `equal heads, and states ${known} and ${hash}`
    return this.difference(judged)
  }

  /** Where it differs from the oracle. */
  difference(judged: Judged): string | undefined {
    const commands = judged.graph.nodes.map(({ command }) => command)
    return this.differenceOf(saidBy(judged), commands)
  }

  /** Where what somebody says of these commands differs from the oracle. */
  differenceOf(said: Said, commands: readonly Known[]): string | undefined {
    const difference = this.#book.compare(said, commands)
    return difference === undefined ? undefined : `the oracle differs: ${difference}`
  }
}

function saidBy(judged: Judged): Said {
  const verdict = (idHex: string): string | undefined => {
    const node = judged.graph.get(idHex)
    const found = node && judged.standing(node)
    return found === undefined || found === 'effective' ? found : found.verdict
  }
  return { state: judged.state, verdict }
}
