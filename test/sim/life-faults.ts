import { toHex } from '../../src/codec/index.ts'
import { judgeSet } from '../../src/team/command-set.ts'
import { stateHash } from '../../src/team/index.ts'
import { compare, compareWith } from '../oracle/compare.ts'
import type { Chance } from './chance.ts'
import type { Ledger } from './ledger.ts'
import { standInKeys } from './stand-in-keys.ts'

/** Where the engine, fed in the order of life, differs from the oracle, or from itself fed in another order (I1, I2). */
export function lifeFault(ledger: Ledger, chance: Chance): string | undefined {
  const verdict = (idHex: string): string | undefined => {
    const node = ledger.graph.get(idHex)
    const standing = node && ledger.evaluation.standing(node)
    return standing === undefined || standing === 'effective' ? standing : standing.verdict
  }
  const difference = compareWith({ state: ledger.state, verdict }, ledger.bytes, standInKeys)
  if (difference !== undefined) return `the oracle differs: ${difference}`
  const everything = shuffled([...ledger.bytes, ...ledger.refused], chance)
  const refusals = compare(everything, standInKeys)
  if (refusals !== undefined) return `with what was refused, in another order: ${refusals}`
  const other = judgeSet(everything, { keys: standInKeys })
  const [ours, theirs] = [ledger.state, other.evaluation.current()].map((state) => toHex(stateHash(state)))
  return ours === theirs ? undefined : `another order of arrival: state ${ours ?? ''} and ${theirs ?? ''}`
}

export function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  const left = [...items]
  for (let i = left.length - 1; i > 0; i--) {
    const j = chance.below(i + 1)
    const held = left[i] as T
    left[i] = left[j] as T
    left[j] = held
  }
  return left
}
