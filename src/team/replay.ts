import { apply } from './apply.ts'
import { check } from './check.ts'
import type { GraphNode } from './graph.ts'
import { Heap } from './heap.ts'
import { isPlanted } from './planted.ts'
import { byPrecedence, isUnfounded } from './reducers.ts'
import { recalled, replayFacts, voided, type Setback } from './ruling.ts'
import type { TeamState } from './state.ts'
import type { Suffix } from './suffix.ts'

/** What a replay goes by. */
export interface Score {
  /** Void without what hangs on it: fallen, hit by what was accepted, or put out by a tie. */
  readonly voids: ReadonlyMap<GraphNode, Setback>
  readonly accepted: ReadonlySet<GraphNode>
  /** Ranks that accepted Decreases have left to commands beside them. */
  readonly ranks: ReadonlyMap<GraphNode, number>
}

/**
 * The ordered replay of what lies after a cut (R5). It keeps the state before each command, so that it can be taken up again
 * where a change of what is void begins to matter.
 */
export class Replay {
  readonly #suffix: Suffix
  readonly #setbacks = new Map<GraphNode, Setback>()
  #order: readonly GraphNode[]
  #ranks: ReadonlyMap<GraphNode, number>
  /** By node: its place in the order. */
  #places: ReadonlyMap<GraphNode, number>
  /** By place: the state before the command there; as far as the replay has come. */
  readonly #states: TeamState[]

  constructor(suffix: Suffix, before: TeamState, ranks: ReadonlyMap<GraphNode, number>) {
    this.#suffix = suffix
    this.#ranks = ranks
    this.#order = inReplayOrder(suffix, ranks)
    this.#places = placesIn(this.#order)
    this.#states = [before]
  }

  /** Goes back to the first of these commands, or to where other ranks change the order. */
  back(changed: Iterable<GraphNode>, ranks: ReadonlyMap<GraphNode, number>): void {
    let to = this.#reorder(ranks)
    for (const node of changed) to = Math.min(to, this.#places.get(node) ?? 0)
    for (let at = this.#states.length - 1; at >= to; at--) this.#setbacks.delete(this.#order[at] as GraphNode)
    this.#states.length = Math.min(this.#states.length, to + 1)
  }

  /** How much of the order is as it was. */
  #reorder(ranks: ReadonlyMap<GraphNode, number>): number {
    const before = this.#ranks
    this.#ranks = ranks
    if (isSameRanks(before, ranks)) return this.#order.length
    const order = inReplayOrder(this.#suffix, ranks)
    const same = order.findIndex((node, at) => node !== this.#order[at])
    if (same === -1) return order.length
    for (const node of this.#order.slice(same)) this.#setbacks.delete(node)
    this.#order = order
    this.#places = placesIn(order)
    return same
  }

  /**
   * Topological; among ready commands class, then precedence. A command whose check fails is recalled and changes nothing.
   * Ends at the first accepted reducer that turns out to have no authority, with the law's answer.
   */
  run({ voids, accepted }: Score): { node: GraphNode; why: Setback } | undefined {
    for (let at = this.#states.length - 1; at < this.#order.length; at++) {
      const node = this.#order[at] as GraphNode
      const state = this.#states[at] as TeamState
      this.#states[at + 1] = state
      const isVoid = voids.get(node) ?? this.#hanging(node)
      if (isVoid !== undefined) {
        this.#setbacks.set(node, isVoid)
        continue
      }
      const refusal = check(state, node.act, node.command, replayFacts)
      if (refusal !== undefined && accepted.has(node) && isUnfounded(node, refusal.code)) {
        this.#states.length = at + 1
        return { node, why: voided(undefined, refusal) }
      }
      if (refusal === undefined || isPlanted('recalled-applied'))
        this.#states[at + 1] = apply(state, node.act, node.command)
      if (refusal !== undefined) this.#setbacks.set(node, recalled(refusal))
    }
    return undefined
  }

  /** By what a command is void that depends on a void one: of these the first by depth and id. */
  #hanging(node: GraphNode): Setback | undefined {
    if (this.#setbacks.size === 0) return undefined
    const dep = firstVoidDep(this.#suffix, node, (one) => this.#setbacks.get(one)?.verdict === 'void')
    return dep === undefined ? undefined : voided(dep)
  }

  /** The state after all. */
  state(): TeamState {
    return this.#states[this.#order.length] as TeamState
  }

  /** Of all, those that are not effective. */
  setbacks(): ReadonlyMap<GraphNode, Setback> {
    return this.#setbacks
  }
}

/** Of what a command depends on and is void, the first by depth and id. */
export function firstVoidDep(
  suffix: Suffix,
  node: GraphNode,
  isVoid: (dep: GraphNode) => boolean,
): GraphNode | undefined {
  if (isPlanted('dependents-of-void-kept')) return undefined
  let first: GraphNode | undefined
  for (const dep of suffix.deps(node))
    if (isVoid(dep) && (first === undefined || byDepthAndId(dep, first) < 0)) first = dep
  return first
}

function isSameRanks(a: ReadonlyMap<GraphNode, number>, b: ReadonlyMap<GraphNode, number>): boolean {
  return a === b || (a.size === b.size && [...a].every(([node, rank]) => b.get(node) === rank))
}

function placesIn(order: readonly GraphNode[]): Map<GraphNode, number> {
  return new Map(order.map((node, at) => [node, at]))
}

/** The suffix in the order of R5. */
function inReplayOrder(suffix: Suffix, ranks: ReadonlyMap<GraphNode, number>): GraphNode[] {
  const { nodes } = suffix
  const waiting = new Int32Array(nodes.length)
  const children = nodes.map((): number[] => [])
  for (let at = 0; at < nodes.length; at++)
    for (const parent of suffix.parentsOf(at)) {
      waiting[at] = (waiting[at] ?? 0) + 1
      children[parent]?.push(at)
    }
  const rank = (node: GraphNode): number => ranks.get(node) ?? node.origin.rank
  const ready = new Heap<number>((i, j) => {
    const [a, b] = [nodes[i] as GraphNode, nodes[j] as GraphNode]
    return (a.origin.order - b.origin.order || byPrecedence(a, rank(a), b, rank(b))) < 0
  })
  const order: GraphNode[] = []
  for (let at = 0; at < nodes.length; at++) if (waiting[at] === 0) ready.push(at)
  for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
    order.push(nodes[at] as GraphNode)
    for (const child of children[at] ?? []) {
      waiting[child] = (waiting[child] ?? 0) - 1
      if (waiting[child] === 0) ready.push(child)
    }
  }
  return order
}

/** By depth, then id: an order in which parents come first. */
function byDepthAndId(a: GraphNode, b: GraphNode): number {
  return a.command.depth - b.command.depth || (a.command.idHex < b.command.idHex ? -1 : 1)
}
