import { toHex } from '../codec/index.ts'
import type { AttackGraph, Decided } from './attack-graph.ts'
import type { GraphNode } from './graph.ts'
import { lowers, type Walk } from './reducers.ts'
import type { Score } from './replay.ts'
import { voided, type Setback } from './ruling.ts'
import type { Suffix } from './suffix.ts'

/**
 * What R3 and R4 make of the reducers after a cut, while one after the other turns out to have had no authority (R5): such
 * a one falls with what hangs on it, and what it had hit is up again.
 */
export class Scoring implements Score {
  readonly voids = new Map<GraphNode, Setback>()
  ranks: ReadonlyMap<GraphNode, number>
  readonly #suffix: Suffix
  readonly #walk: Walk
  readonly #attacks: AttackGraph
  readonly #reducers: readonly GraphNode[]
  /** Void for good. */
  readonly #fallen: Map<GraphNode, Setback>
  readonly #accepted = new Set<GraphNode>()
  /** Accepted reducers that hit a command themselves, by id; some may have fallen since. */
  readonly #hitters = new Map<GraphNode, GraphNode[]>()
  #decided: Decided

  constructor(
    suffix: Suffix,
    walk: Walk,
    attacks: AttackGraph,
    reducers: readonly GraphNode[],
    fallen: Map<GraphNode, Setback>,
  ) {
    this.#suffix = suffix
    this.#walk = walk
    this.#attacks = attacks
    this.#reducers = reducers
    this.#fallen = fallen
    this.#decided = attacks.decide(reducers.filter((r) => !fallen.has(r)))
    this.ranks = this.#score()
  }

  get accepted(): ReadonlySet<GraphNode> {
    return this.#accepted
  }

  /** Takes out a reducer without authority, and what hangs on it. The commands that are void now and were not, or back. */
  fall(r: GraphNode, why: Setback): Iterable<GraphNode> {
    const falling = [r, ...this.#attacks.dependents(r)].filter((node) => !this.#fallen.has(node))
    for (const node of falling) this.#fallen.set(node, node === r ? why : voided(r))
    return falling.some((node) => this.#isWeighty(node)) ? this.#decideAgain() : this.#takeOut(falling)
  }

  /** True where others may be decided otherwise without it: it had hit reducers, or lowered somebody, or there were ties. */
  #isWeighty(node: GraphNode): boolean {
    const { targets, hasTies } = this.#decided
    const hit = targets.get(node)
    if (hit === undefined) return false
    const isLowering = node.origin.leaves !== undefined && this.ranks.size > 0
    return hasTies || (this.#accepted.has(node) && (isLowering || hit.length > 0))
  }

  #takeOut(falling: readonly GraphNode[]): Set<GraphNode> {
    const changed = new Set(falling)
    for (const node of falling) {
      this.voids.set(node, this.#fallen.get(node) as Setback)
      if (!this.#accepted.delete(node)) continue
      for (const d of this.#attacks.direct(node)) {
        if (this.#fallen.has(d) || this.#accepted.has(d)) continue
        const other = this.#hitters.get(d)?.find((hitter) => this.#accepted.has(hitter))
        if (other !== undefined) this.voids.set(d, voided(other))
        else if (this.voids.delete(d)) changed.add(d)
      }
    }
    return changed
  }

  #decideAgain(): Set<GraphNode> {
    const before = new Map(this.voids)
    const accepted = new Set(this.#accepted)
    this.#decided = this.#attacks.decide(this.#reducers.filter((r) => !this.#fallen.has(r)))
    this.ranks = this.#score()
    const changed = new Set<GraphNode>()
    for (const node of [...before.keys(), ...this.voids.keys()])
      if (before.has(node) !== this.voids.has(node)) changed.add(node)
    // Who is accepted may turn out without authority, whoever is not is recalled.
    for (const node of [...accepted, ...this.#accepted])
      if (accepted.has(node) !== this.#accepted.has(node)) changed.add(node)
    return changed
  }

  /** What is void, but for what hangs on it; the ranks that accepted Decreases have left to commands beside them. */
  #score(): Map<GraphNode, number> {
    const { accepted, lostTies } = this.#decided
    this.#accepted.clear()
    for (const r of accepted) this.#accepted.add(r)
    this.voids.clear()
    this.#hitters.clear()
    for (const [node, why] of this.#fallen) this.voids.set(node, why)
    for (const r of [...accepted].sort(byId))
      for (const d of this.#attacks.direct(r)) {
        const hitters = this.#hitters.get(d)
        if (hitters === undefined) this.#hitters.set(d, [r])
        else hitters.push(r)
        if (!this.voids.has(d) && !accepted.has(d)) this.voids.set(d, voided(r))
      }
    for (const [loser, winner] of lostTies) if (!this.voids.has(loser)) this.voids.set(loser, voided(winner))
    return this.#ranks()
  }

  #ranks(): Map<GraphNode, number> {
    const ranks = new Map<GraphNode, number>()
    for (const r of this.#accepted) {
      const { leaves } = r.origin
      if (leaves === undefined || (r.act.kind !== 'AssignRole' && r.act.kind !== 'RevokeRole')) continue
      for (const c of this.#suffix.besideBy(r, toHex(r.act.body.device)))
        if (lowers(this.#walk, r, c)) ranks.set(c, Math.min(ranks.get(c) ?? c.origin.rank, leaves.rank))
    }
    return ranks
  }
}

function byId(a: GraphNode, b: GraphNode): number {
  return a.command.idHex < b.command.idHex ? -1 : 1
}
