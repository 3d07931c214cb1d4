import { toHex } from '../../src/codec/index.ts'
import { judgeSet } from '../../src/team/command-set.ts'
import type { Command } from '../../src/team/command.ts'
import { stateHash, type Standing } from '../../src/team/index.ts'
import { Reference } from '../../src/team/reference.ts'
import { saidBySet } from '../oracle/compare.ts'
import type { Chance } from './chance.ts'
import { commandOf, Ledger } from './ledger.ts'
import { OracleWatch } from './oracle-watch.ts'
import { standInKeys } from './stand-in-keys.ts'

/**
 * Where the engine, fed in the order of life, differs from the oracle, from the reference, or from itself fed in another
 * order (I1, I2).
 */
export function lifeFault(ledger: Ledger, chance: Chance): string | undefined {
  const watch = new OracleWatch(standInKeys)
  return (
    watch.difference(ledger) ??
    referenceFault(ledger) ??
    arrivalFault(ledger, chance, watch) ??
    refusalFault(ledger, chance, watch)
  )
}

function referenceFault(ledger: Ledger): string | undefined {
  const slow = new Reference()
  for (const node of ledger.graph.nodes) {
    const refusal = slow.take(node)
    if (refusal !== undefined) return `the reference refuses ${node.command.kind}: ${refusal.code}`
  }
  const { state, standings } = slow.resolve()
  for (const node of ledger.graph.nodes) {
    const [ours, theirs] = [wordOf(ledger.standing(node)), wordOf(standings.get(node.command.idHex))]
    if (ours !== theirs) return `${node.command.kind}: the engine says ${ours}, the reference ${theirs}`
  }
  const [ours, theirs] = [toHex(ledger.stateHash()), toHex(stateHash(state))]
  return ours === theirs ? undefined : `the reference differs: state ${ours} and ${theirs}`
}

function wordOf(standing: Standing | undefined): string {
  if (standing === undefined || standing === 'effective') return standing ?? 'nothing'
  return `${standing.verdict} ${standing.code}`
}

/** The same commands as they might have come to somebody else; every state on the way is compared. */
function arrivalFault(ledger: Ledger, chance: Chance, watch: OracleWatch): string | undefined {
  const other = new Ledger()
  for (const command of arrival(ledger.bytes.map(commandOf), chance)) {
    if (other.take(command) === undefined) return `in another order of arrival: ${command.kind} is refused`
    const difference = watch.look(other)
    if (difference !== undefined) return `after ${other.bytes.length} in another order of arrival: ${difference}`
  }
  const [ours, theirs] = [ledger, other].map((one) => toHex(one.stateHash()))
  return ours === theirs ? undefined : `another order of arrival: state ${ours ?? ''} and ${theirs ?? ''}`
}

/** All at once, in any order, with what was refused: the codes of refusals are compared, too. */
function refusalFault(ledger: Ledger, chance: Chance, watch: OracleWatch): string | undefined {
  const everything = shuffled([...ledger.bytes, ...ledger.refused], chance)
  const set = judgeSet(everything, { keys: standInKeys })
  const difference = watch.differenceOf(saidBySet(set), everything.map(commandOf))
  if (difference !== undefined) return `with what was refused, in another order: ${difference}`
  const [ours, theirs] = [toHex(ledger.stateHash()), toHex(stateHash(set.evaluation.current()))]
  return ours === theirs ? undefined : `with what was refused, in another order: state ${ours} and ${theirs}`
}

/** A random order in which parents come first. */
function arrival(commands: readonly Command[], chance: Chance): Command[] {
  const [left, placed, order] = [new Set(commands), new Set<string>(), [] as Command[]]
  while (left.size > 0) {
    const ready = [...left].filter(({ parentHexes }) => parentHexes.every((parent) => placed.has(parent)))
    const next = chance.pick(ready)
    left.delete(next)
    placed.add(next.idHex)
    order.push(next)
  }
  return order
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
