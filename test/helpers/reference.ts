import { toHex } from '../../src/codec/index.ts'
import type { Evaluation } from '../../src/team/evaluation.ts'
import type { GraphNode } from '../../src/team/graph.ts'
import { stateHash, type Standing } from '../../src/team/index.ts'
import { Reference, type Resolution } from '../../src/team/reference.ts'

/** A reference that has taken these nodes of a graph, parents first. */
export function referenceOf(nodes: readonly GraphNode[]): Reference {
  const reference = new Reference()
  for (const node of nodes) {
    const refusal = reference.take(node)
    if (refusal !== undefined) throw new Error(`the reference refuses ${node.command.kind}: ${refusal.code}`)
  }
  return reference
}

/** The first difference between the engine and the reference on these commands; undefined where they agree. */
export function difference(
  evaluation: Evaluation,
  nodes: readonly GraphNode[],
  { state, standings }: Resolution,
): string | undefined {
  const nameOf = (standing: Standing | undefined): string =>
    standing === undefined || standing === 'effective' ? 'effective' : `${standing.verdict} ${standing.code}`
  for (const node of nodes) {
    const engine = nameOf(evaluation.standing(node))
    const reference = nameOf(standings.get(node.command.idHex))
    if (engine !== reference)
      return `${node.command.kind} ${node.index}: the engine says ${engine}, the reference ${reference}`
  }
  const hashes = [evaluation.current(), state].map((one) => toHex(stateHash(one)))
  return hashes[0] === hashes[1] ? undefined : 'the states differ'
}
