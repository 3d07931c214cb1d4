import type { Refusal } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import { apply } from './apply.ts'
import { AttackGraph, type Decided } from './attack-graph.ts'
import { check } from './check.ts'
import { findForks } from './forks.ts'
import type { Graph, GraphNode } from './graph.ts'
import { Heap } from './heap.ts'
import { isPlanted } from './planted.ts'
import { byPrecedence, isUnfounded, lowers, takesPart, type Walk } from './reducers.ts'
import { recalled, replayFacts, voided, type Setback } from './ruling.ts'
import { emptyState, type TeamState } from './state.ts'
import { Suffix } from './suffix.ts'

/** What a command and its whole past amount to: what a cut hands on to what lies after it. */
export interface Cut {
  readonly state: TeamState
  /** Of devices that forked: hex ids of their commands that are lost by R1, by device. What hangs on them is not named. */
  readonly lost: ReadonlyMap<string, readonly string[]>
  /**
   * False where a reducer in the past was a side of a fork, fell with one, or had no authority. The trial of R1 knows
   * nothing of that; so for a trial after such a cut one looks further back.
   */
  readonly isPlain: boolean
}

/** Before the first command. */
export const noCut: Cut = { state: emptyState, lost: new Map(), isPlain: true }

export interface Resolved extends Cut {
  /** Of the commands after the cut, those that are not effective. */
  readonly setbacks: ReadonlyMap<GraphNode, Setback>
}

/**
 * Rules R1 to R5 over what lies after a cut; undefined where they need a cut that is plain.
 *
 * Why nothing crosses a cut `k`: everything after it has `k` and all of `past(k)` in its past, so no command before is
 * beside one after. A reducer hits only what is beside it; a witness of one side alone is beside the other; and whoever is
 * after the cut saw the forks before it decided as they are. So forks and hits before the cut are settled there, and those
 * after it are settled without it. What a later command depends on wrote
 * facts of its author's view, so it was effective before the cut and stays so: no hit reaches over it through `deps*`.
 * Replay is topological, so all that is before goes first; and because reducers without authority are taken out one by
 * one, the first in replay order first, none after the cut is judged on a state before the cut that is still to change.
 * One thing crosses, and a cut carries it: whether the trial would see something else.
 */
export function resolve(
  graph: Graph,
  nodes: readonly GraphNode[],
  cut: Cut,
  failsAs: Walk['failsAs'],
): Resolved | undefined {
  return new Resolution(graph, new Suffix(graph, nodes), cut, failsAs).resolve()
}

class Resolution {
  readonly #graph: Graph
  readonly #suffix: Suffix
  readonly #cut: Cut
  readonly #walk: Walk
  readonly #attacks: AttackGraph
  /** Void for good: what forks cost, and reducers that turned out without authority. */
  readonly #fallen = new Map<GraphNode, Setback>()
  #lost: Cut['lost']
  #isPlain: boolean

  constructor(graph: Graph, suffix: Suffix, cut: Cut, failsAs: Walk['failsAs']) {
    this.#graph = graph
    this.#suffix = suffix
    this.#cut = cut
    this.#walk = { isConcurrent: suffix.isConcurrent, node: suffix.node, failsAs }
    this.#attacks = new AttackGraph(suffix, this.#walk)
    this.#lost = cut.lost
    this.#isPlain = cut.isPlain
  }

  resolve(): Resolved | undefined {
    const reducers = this.#suffix.nodes.filter(takesPart)
    if (!this.#settleForks(reducers)) return undefined
    for (;;) {
      const decided = this.#attacks.decide(reducers.filter((r) => !this.#fallen.has(r)))
      const replayed = this.#replay(decided)
      if (replayed !== undefined) return { ...replayed, lost: this.#lost, isPlain: this.#isPlain }
    }
  }

  // --- R1 ---

  /** False where the trial needs a plain cut. */
  #settleForks(reducers: readonly GraphNode[]): boolean {
    const { sides, lost } = findForks(this.#suffix, (node) => this.#graph.isForked(node))
    if (sides.size === 0) return true
    if (!this.#cut.isPlain) return false
    const trial = this.#attacks.decide(reducers.filter((r) => !sides.has(r)))
    const found = lost(trial.accepted)
    for (const [node, by] of found) this.#fallen.set(node, voided(by))
    this.#lost = withLost(this.#cut.lost, found.keys())
    for (const node of this.#suffix.nodes) {
      const hanging = this.#fallen.has(node) ? undefined : this.#voidDep(node, this.#fallen)
      if (hanging !== undefined) this.#fallen.set(node, voided(hanging))
    }
    for (const r of reducers) if (sides.has(r) || this.#fallen.has(r)) this.#isPlain = false
    return true
  }

  /** Of what a command depends on and is void, the first by depth and id. */
  #voidDep(node: GraphNode, voids: ReadonlyMap<GraphNode, Setback>): GraphNode | undefined {
    if (voids.size === 0 || isPlanted('dependents-of-void-kept')) return undefined
    let first: GraphNode | undefined
    for (const dep of this.#suffix.deps(node))
      if (voids.has(dep) && (first === undefined || byDepthAndId(dep, first) < 0)) first = dep
    return first
  }

  // --- R4, R5 ---

  /** What is void before anything is looked at that depends on it: fallen, hit by what was accepted, or put out by a tie. */
  #voids({ accepted, lostTies }: Decided): Map<GraphNode, Setback> {
    const voids = new Map(this.#fallen)
    for (const r of [...accepted].sort(byId))
      for (const d of this.#attacks.direct(r)) if (!voids.has(d) && !accepted.has(d)) voids.set(d, voided(r))
    for (const [loser, winner] of lostTies) if (!voids.has(loser)) voids.set(loser, voided(winner))
    return voids
  }

  /** Ranks that accepted Decreases have left to commands beside them. */
  #ranks({ accepted }: Decided): Map<GraphNode, number> {
    const ranks = new Map<GraphNode, number>()
    for (const r of accepted) {
      const { leaves } = r.origin
      if (leaves === undefined || (r.act.kind !== 'AssignRole' && r.act.kind !== 'RevokeRole')) continue
      for (const c of this.#suffix.besideBy(r, toHex(r.act.body.device)))
        if (lowers(this.#walk, r, c)) ranks.set(c, Math.min(ranks.get(c) ?? c.origin.rank, leaves.rank))
    }
    return ranks
  }

  /**
   * Topological; among ready commands class, then precedence. A command whose check fails is recalled and changes nothing.
   * Undefined where a reducer that has hit something turned out without authority: it is fallen now, and R3 is asked again.
   */
  #replay(decided: Decided): Pick<Resolved, 'state' | 'setbacks'> | undefined {
    const voids = this.#voids(decided)
    const ranks = this.#ranks(decided)
    const setbacks = new Map<GraphNode, Setback>()
    let { state } = this.#cut
    for (const node of inReplayOrder(this.#suffix, ranks)) {
      const hanging = voids.has(node) ? undefined : this.#voidDep(node, voids)
      if (hanging !== undefined) voids.set(node, voided(hanging))
      const isVoid = voids.get(node)
      if (isVoid !== undefined) {
        setbacks.set(node, isVoid)
        continue
      }
      const refusal = check(state, node.act, node.command, replayFacts)
      if (refusal === undefined || isPlanted('recalled-applied')) state = apply(state, node.act, node.command)
      if (refusal === undefined) continue
      if (!decided.accepted.has(node) || !isUnfounded(node, refusal.code)) setbacks.set(node, recalled(refusal))
      else if (this.#fall(node, refusal, decided.accepted, ranks)) return undefined
      else {
        voids.set(node, voided(undefined, refusal))
        setbacks.set(node, voided(undefined, refusal))
      }
    }
    return { state, setbacks }
  }

  /**
   * A reducer never had its authority: it falls, and what hangs on it. True where that changes what was decided: one of
   * them has hit something, or lowered it.
   */
  #fall(r: GraphNode, why: Refusal, accepted: ReadonlySet<GraphNode>, ranks: ReadonlyMap<GraphNode, number>): boolean {
    this.#isPlain = false
    const falling = [r, ...this.#attacks.dependents(r)]
    for (const node of falling)
      if (!this.#fallen.has(node)) this.#fallen.set(node, node === r ? voided(undefined, why) : voided(r))
    return falling.some(
      (node) =>
        accepted.has(node) &&
        (this.#attacks.direct(node).length > 0 || (node.origin.leaves !== undefined && ranks.size > 0)),
    )
  }
}

/** What was lost before, and these. */
function withLost(before: Cut['lost'], found: Iterable<GraphNode>): Cut['lost'] {
  const lost = new Map<string, string[]>()
  for (const { command } of found) {
    const { authorHex, idHex } = command
    const known = lost.get(authorHex)
    if (known === undefined) lost.set(authorHex, [...(before.get(authorHex) ?? []), idHex])
    else known.push(idHex)
  }
  for (const ids of lost.values()) ids.sort()
  return new Map([...before, ...lost])
}

/** The suffix in the order of R5. */
function* inReplayOrder(suffix: Suffix, ranks: ReadonlyMap<GraphNode, number>): Generator<GraphNode> {
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
  for (let at = 0; at < nodes.length; at++) if (waiting[at] === 0) ready.push(at)
  for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
    yield nodes[at] as GraphNode
    for (const child of children[at] ?? []) {
      waiting[child] = (waiting[child] ?? 0) - 1
      if (waiting[child] === 0) ready.push(child)
    }
  }
}

function byId(a: GraphNode, b: GraphNode): number {
  return a.command.idHex < b.command.idHex ? -1 : 1
}

/** By depth, then id: an order in which parents come first. */
export function byDepthAndId(a: GraphNode, b: GraphNode): number {
  return a.command.depth - b.command.depth || byId(a, b)
}
