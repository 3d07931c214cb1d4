import { limits, type Refusal } from '../base/index.ts'
import type { Act } from './body.ts'
import { apply } from './apply.ts'
import { check, replayFacts } from './check.ts'
import type { Command } from './command.ts'
import type { Graph, GraphNode, Origin } from './graph.ts'
import { Heap } from './heap.ts'
import { RecentMap } from './recent-map.ts'
import { replayClass } from './replay-class.ts'
import { emptyState, rankOf, type TeamState } from './state.ts'

/** What a command in the graph is now: effective, or recalled with the check's answer. */
export type Standing = 'effective' | Refusal

/** Every this many nodes the state after one is kept for good. */
const keptEvery = 64

/**
 * The state of a graph, computed from the set of commands alone (`TEAM.md` 4). For one command `k`, the state of
 * `past(k) ∪ {k}` never changes; so those states serve as cuts: where all that is asked for passes through a `k` whose
 * state is known, only what lies after it is replayed.
 */
export class Evaluation {
  readonly #graph: Graph
  readonly #kept = new Map<number, TeamState>()
  readonly #after = new RecentMap<number, TeamState>(limits.viewsRememberedMax)
  readonly #views = new RecentMap<string, TeamState>(limits.viewsRememberedMax)
  readonly #standings: Standing[] = []
  #recalled: GraphNode[] = []
  #current: TeamState | undefined = emptyState

  constructor(graph: Graph) {
    this.#graph = graph
  }

  /** The state of all commands. */
  current(): TeamState {
    this.#current ??= this.#resolve(this.#graph.heads(), true)
    return this.#current
  }

  /** `view` of a command with these parents: the state of their common past and themselves. */
  view(parents: readonly GraphNode[]): TeamState {
    if (parents.length === 0) return emptyState
    // At the heads it is the present state, whose replay also settles what every command is.
    if (this.#graph.isAtHeads(parents)) return this.current()
    const [only] = parents
    if (parents.length === 1 && only !== undefined) return this.#stateAfter(only)
    const key = parents.map(({ index }) => index).join()
    const known = this.#views.get(key)
    if (known !== undefined) return known
    const state = this.#resolve(parents, false)
    this.#views.set(key, state)
    return state
  }

  /** Takes in a node that was just added to the graph and whose check succeeded in `view`. */
  took(node: GraphNode, view: TeamState): void {
    // After a command nothing of its past is concurrent with it, so it is applied and no order is in question.
    const state = apply(view, node.act, node.command)
    this.#remember(node, state)
    this.#standings[node.index] = 'effective'
    this.#current = this.#graph.isAtHeads([node]) ? state : undefined
  }

  /** What a command is now. */
  standing(node: GraphNode): Standing {
    this.current()
    return this.#standings[node.index] ?? 'effective'
  }

  /** Commands that lost their effect since this was asked last. */
  takeRecalled(): GraphNode[] {
    this.current()
    const recalled = this.#recalled
    this.#recalled = []
    return recalled
  }

  #stateAfter(node: GraphNode): TeamState {
    const known = this.#kept.get(node.index) ?? this.#after.get(node.index)
    if (known !== undefined) return known
    const state = this.#resolve([node], false)
    this.#remember(node, state)
    return state
  }

  #remember(node: GraphNode, state: TeamState): void {
    if (node.index % keptEvery === 0) this.#kept.set(node.index, state)
    else this.#after.set(node.index, state)
  }

  #resolve(heads: readonly GraphNode[], isCurrent: boolean): TeamState {
    const { base, suffix } = this.#cut(heads)
    const { state, standings } = replay(base, suffix)
    if (isCurrent) for (const [node, standing] of standings) this.#settle(node, standing)
    return state
  }

  #settle(node: GraphNode, standing: Standing): void {
    if (standing !== 'effective' && this.#standings[node.index] === 'effective') this.#recalled.push(node)
    this.#standings[node.index] = standing
  }

  /**
   * Walks back from the heads, latest arrival first, until all that is left open is one node whose state is known. What
   * was collected by then descends from that node: its parents were collected too, or are that node.
   */
  #cut(heads: readonly GraphNode[]): { base: TeamState; suffix: GraphNode[] } {
    const open = new Heap<GraphNode>((a, b) => a.index > b.index)
    const seen = new Set<number>()
    const visit = (node: GraphNode): void => {
      if (seen.has(node.index)) return
      seen.add(node.index)
      open.push(node)
    }
    const suffix: GraphNode[] = []
    for (const head of heads) visit(head)
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const known = open.size === 0 ? (this.#kept.get(node.index) ?? this.#after.get(node.index)) : undefined
      if (known !== undefined) return { base: known, suffix }
      suffix.push(node)
      for (const parent of node.parents) visit(parent)
    }
    return { base: emptyState, suffix }
  }
}

/**
 * Ordered replay (R5): topological; among ready ones class, then rank at origin, seniority, id. A command whose check
 * fails is recalled and changes nothing. Never throws on what commands say.
 */
export function replay(
  base: TeamState,
  suffix: readonly GraphNode[],
): { state: TeamState; standings: Map<GraphNode, Standing> } {
  const waiting = new Map<GraphNode, number>(suffix.map((node) => [node, 0]))
  const children = new Map<GraphNode, GraphNode[]>()
  for (const node of suffix) {
    for (const parent of node.parents) {
      if (!waiting.has(parent)) continue
      waiting.set(node, (waiting.get(node) ?? 0) + 1)
      const siblings = children.get(parent)
      if (siblings === undefined) children.set(parent, [node])
      else siblings.push(node)
    }
  }
  const ready = new Heap<GraphNode>(goesBefore)
  for (const [node, parents] of waiting) if (parents === 0) ready.push(node)
  const standings = new Map<GraphNode, Standing>()
  let state = base
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    const refusal = check(state, node.act, node.command, replayFacts)
    if (refusal === undefined) state = apply(state, node.act, node.command)
    standings.set(node, refusal ?? 'effective')
    for (const child of children.get(node) ?? []) {
      const left = (waiting.get(child) ?? 0) - 1
      waiting.set(child, left)
      if (left === 0) ready.push(child)
    }
  }
  return { state, standings }
}

/** Among ready commands: class, then higher rank at origin, greater seniority, smaller id. No clock, anywhere. */
function goesBefore(a: GraphNode, b: GraphNode): boolean {
  const [x, y] = [a.origin, b.origin]
  if (x.order !== y.order) return x.order < y.order
  if (x.rank !== y.rank) return x.rank > y.rank
  if (x.seniority.depth !== y.seniority.depth) return x.seniority.depth < y.seniority.depth
  if (x.seniority.idHex !== y.seniority.idHex) return x.seniority.idHex < y.seniority.idHex
  return a.command.idHex < b.command.idHex
}

/** The facts of a command's origin, from the view it was made in. */
export function originOf(view: TeamState, act: Act, command: Command): Origin {
  const order = replayClass(act, command.authorHex)
  const member = view.members.get(command.authorHex)
  if (member === undefined) return { rank: 1_000_000, seniority: { depth: 0, idHex: command.idHex }, order }
  const { depth, idHex } = member.admitted
  return { rank: rankOf(view, command.authorHex), seniority: { depth, idHex }, order }
}
