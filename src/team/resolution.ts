import { AttackGraph } from './attack-graph.ts'
import { bug } from '../base/index.ts'
import { findForks, spokenBy, type DecidedFork } from './forks.ts'
import type { Graph, GraphNode } from './graph.ts'
import { isPlanted } from './planted.ts'
import { takesPart, type Walk } from './reducers.ts'
import { firstVoidDep, Replay } from './replay.ts'
import { voided, type Setback } from './ruling.ts'
import { Scoring } from './scoring.ts'
import { emptyState, type TeamState } from './state.ts'
import { Suffix } from './suffix.ts'

/** What a command and its whole past amount to: what a cut hands on to what lies after it. */
export interface Cut {
  readonly state: TeamState
  /** How the forks of the past are decided, by device. */
  readonly forks: ReadonlyMap<string, DecidedFork>
  /**
   * False where a reducer in the past was a side of a fork, fell with one, or had no authority. The trial of R1 knows
   * nothing of that; so for a trial after such a cut one looks further back.
   */
  readonly isPlain: boolean
}

/** Before the first command. */
export const noCut: Cut = { state: emptyState, forks: new Map(), isPlain: true }

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
  #forks: Cut['forks']
  #isPlain: boolean

  constructor(graph: Graph, suffix: Suffix, cut: Cut, failsAs: Walk['failsAs']) {
    this.#graph = graph
    this.#suffix = suffix
    this.#cut = cut
    this.#walk = { isConcurrent: suffix.isConcurrent, node: suffix.node, failsAs }
    this.#attacks = new AttackGraph(suffix, this.#walk)
    this.#forks = cut.forks
    this.#isPlain = cut.isPlain
  }

  resolve(): Resolved | undefined {
    if (isPlanted('resolution-throws') && this.#suffix.nodes.length > 0) throw bug('a test asked for it')
    const reducers = this.#suffix.nodes.filter(takesPart)
    if (!this.#settleForks(reducers)) return undefined
    const scoring = new Scoring(this.#suffix, this.#walk, this.#attacks, reducers, this.#fallen)
    const replay = new Replay(this.#suffix, this.#cut.state, scoring.ranks)
    for (let found = replay.run(scoring); found !== undefined; found = replay.run(scoring)) {
      this.#isPlain = false
      replay.back(scoring.fall(found.node, found.why), scoring.ranks)
    }
    return { state: replay.state(), setbacks: replay.setbacks(), forks: this.#forks, isPlain: this.#isPlain }
  }

  // --- R1 ---

  /** False where the trial needs a plain cut. */
  #settleForks(reducers: readonly GraphNode[]): boolean {
    const { sides, decide } = findForks(this.#suffix, (node) => this.#graph.isForked(node))
    this.#forks = spokenBy(this.#cut.forks, this.#suffix.devices())
    if (sides.size === 0) return true
    if (!this.#cut.isPlain) return false
    const trial = this.#attacks.decide(reducers.filter((r) => !sides.has(r)))
    const { lost, forks } = decide(trial.accepted, this.#cut.forks)
    for (const [node, by] of lost) this.#fallen.set(node, voided(by))
    this.#forks = new Map([...this.#forks, ...forks])
    const isFallen = (dep: GraphNode): boolean => this.#fallen.has(dep)
    for (const node of this.#suffix.nodes) {
      const hanging = isFallen(node) ? undefined : firstVoidDep(this.#suffix, node, isFallen)
      if (hanging !== undefined) this.#fallen.set(node, voided(hanging))
    }
    for (const r of reducers) if (sides.has(r) || this.#fallen.has(r)) this.#isPlain = false
    return true
  }
}
