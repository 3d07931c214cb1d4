import { bug } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import type { GraphNode } from './graph.ts'
import { byPrecedence, hitsDirectly, lowers, takesPart, type Walk } from './reducers.ts'
import type { Suffix } from './suffix.ts'

/** What R3 decided. */
export interface Decided {
  readonly accepted: ReadonlySet<GraphNode>
  /** Reducers that a tie put out although the winner does not hit them, and the winner. */
  readonly lostTies: ReadonlyMap<GraphNode, GraphNode>
  /** Which of the reducers asked about each of them hits. */
  readonly targets: ReadonlyMap<GraphNode, readonly GraphNode[]>
  readonly hasTies: boolean
}

/**
 * Who hits whom (R2) after one cut. Hits of a reducer are found once, by looking only at the commands it can hit; the
 * extension (R3) is then decided for any choice of reducers among them.
 */
export class AttackGraph {
  readonly #suffix: Suffix
  readonly #walk: Walk
  readonly #direct = new Map<GraphNode, readonly GraphNode[]>()
  readonly #hits = new Map<GraphNode, readonly GraphNode[]>()
  #dependents: Map<GraphNode, GraphNode[]> | undefined

  constructor(suffix: Suffix, walk: Walk) {
    this.#suffix = suffix
    this.#walk = walk
  }

  /** Commands that a reducer hits themselves, not through what they depend on. */
  direct(r: GraphNode): readonly GraphNode[] {
    let direct = this.#direct.get(r)
    if (direct === undefined) {
      direct = this.#candidates(r).filter((d) => hitsDirectly(this.#walk, r, d))
      this.#direct.set(r, direct)
    }
    return direct
  }

  #candidates(r: GraphNode): GraphNode[] {
    const { act } = r
    const suffix = this.#suffix
    switch (act.kind) {
      case 'RemoveDevice':
      case 'AssignRole':
      case 'RevokeRole': {
        const device = toHex(act.body.device)
        return [...new Set([...suffix.besideBy(r, device), ...suffix.besideAbout(r, device)])]
      }
      case 'ConfirmLeave':
        return suffix.besideBy(r, toHex(act.body.device))
      default:
        return suffix.allBeside(r)
    }
  }

  /** Reducers that a reducer hits, itself or through what they depend on. */
  #attacks(r: GraphNode, isReducer: (node: GraphNode) => boolean): readonly GraphNode[] {
    let all = this.#hits.get(r)
    if (all === undefined) {
      all = this.#withDependents(this.direct(r)).filter(takesPart)
      this.#hits.set(r, all)
    }
    return all.filter(isReducer)
  }

  /** Everything that depends on a command, directly or not. */
  dependents(node: GraphNode): readonly GraphNode[] {
    return this.#withDependents(this.#dependentsOf(node))
  }

  #withDependents(nodes: readonly GraphNode[]): readonly GraphNode[] {
    const reached = new Set(nodes)
    for (const d of reached) for (const c of this.#dependentsOf(d)) reached.add(c)
    return [...reached]
  }

  #dependentsOf(node: GraphNode): readonly GraphNode[] {
    if (this.#dependents === undefined) {
      this.#dependents = new Map()
      for (const c of this.#suffix.nodes)
        for (const dep of this.#suffix.deps(c)) {
          const known = this.#dependents.get(dep)
          if (known === undefined) this.#dependents.set(dep, [c])
          else known.push(c)
        }
    }
    return this.#dependents.get(node) ?? []
  }

  /** The rank with which a command counts: the lowest that an accepted Decrease beside it has left its author. */
  rank(c: GraphNode, decreases: Iterable<GraphNode>): number {
    let { rank } = c.origin
    for (const decrease of decreases)
      if (lowers(this.#walk, decrease, c)) rank = Math.min(rank, decrease.origin.leaves?.rank ?? rank)
    return rank
  }

  /** The grounded extension of these reducers, ties broken (R3). */
  decide(reducers: readonly GraphNode[]): Decided {
    return new Decision(this, reducers, (r, isReducer) => this.#attacks(r, isReducer)).decided()
  }
}

/** R3 over one choice of reducers: what is decided is never taken up again, so each hit is looked at twice at most. */
class Decision {
  readonly #graph: AttackGraph
  readonly #undecided: Set<GraphNode>
  readonly #targets = new Map<GraphNode, readonly GraphNode[]>()
  readonly #attackers = new Map<GraphNode, GraphNode[]>()
  /** How many of its attackers are not out. */
  readonly #standing = new Map<GraphNode, number>()
  readonly #accepted = new Set<GraphNode>()
  readonly #lostTies = new Map<GraphNode, GraphNode>()
  readonly #free: GraphNode[] = []
  #hasTies = false

  constructor(
    graph: AttackGraph,
    reducers: readonly GraphNode[],
    attacks: (r: GraphNode, isReducer: (node: GraphNode) => boolean) => readonly GraphNode[],
  ) {
    this.#graph = graph
    this.#undecided = new Set(reducers)
    for (const r of reducers) {
      const targets = attacks(r, (node) => this.#undecided.has(node))
      this.#targets.set(r, targets)
      for (const c of targets) {
        this.#standing.set(c, (this.#standing.get(c) ?? 0) + 1)
        const attackers = this.#attackers.get(c)
        if (attackers === undefined) this.#attackers.set(c, [r])
        else attackers.push(r)
      }
    }
    for (const r of reducers) if (!this.#standing.has(r)) this.#free.push(r)
  }

  decided(): Decided {
    for (;;) {
      for (let r = this.#free.pop(); r !== undefined; r = this.#free.pop()) this.#accept(r)
      if (this.#undecided.size === 0) return this.#result()
      const best = this.#tieWinner()
      this.#hasTies = true
      for (const c of this.#attackers.get(best) ?? []) {
        if (!this.#undecided.has(c)) continue
        if (this.#targets.get(best)?.includes(c) !== true) this.#lostTies.set(c, best)
        this.#putOut(c)
      }
      this.#accept(best)
    }
  }

  #result(): Decided {
    return { accepted: this.#accepted, lostTies: this.#lostTies, targets: this.#targets, hasTies: this.#hasTies }
  }

  #accept(r: GraphNode): void {
    if (!this.#undecided.delete(r)) return
    this.#accepted.add(r)
    for (const c of this.#targets.get(r) ?? []) if (this.#undecided.has(c)) this.#putOut(c)
  }

  #putOut(c: GraphNode): void {
    this.#undecided.delete(c)
    for (const target of this.#targets.get(c) ?? []) {
      const standing = (this.#standing.get(target) ?? 0) - 1
      this.#standing.set(target, standing)
      if (standing === 0 && this.#undecided.has(target)) this.#free.push(target)
    }
  }

  /** Of the undecided in cycles that nothing undecided outside leads to: the one of highest precedence. */
  #tieWinner(): GraphNode {
    const decreases = [...this.#accepted].filter(({ origin }) => origin.leaves !== undefined)
    let best: { node: GraphNode; rank: number } | undefined
    for (const node of this.#sources()) {
      const rank = this.#graph.rank(node, decreases)
      if (best === undefined || byPrecedence(node, rank, best.node, best.rank) < 0) best = { node, rank }
    }
    if (best === undefined) throw bug('undecided reducers without a cycle')
    return best.node
  }

  /** The undecided of components that no other component leads to (Tarjan's, without recursion). */
  #sources(): GraphNode[] {
    const component = componentsOf([...this.#undecided], (node) =>
      (this.#targets.get(node) ?? []).filter((target) => this.#undecided.has(target)),
    )
    const led = new Set<number>()
    for (const node of this.#undecided)
      for (const target of this.#targets.get(node) ?? [])
        if (this.#undecided.has(target) && component.get(node) !== component.get(target))
          led.add(component.get(target) ?? -1)
    return [...this.#undecided].filter((node) => !led.has(component.get(node) ?? -1))
  }
}

/** Number of the strongly connected component of each node. */
function componentsOf<T>(nodes: readonly T[], targetsOf: (node: T) => readonly T[]): Map<T, number> {
  const component = new Map<T, number>()
  const order = new Map<T, number>()
  const low = new Map<T, number>()
  const stack: T[] = []
  let components = 0
  for (const root of nodes) {
    if (order.has(root)) continue
    const open = [{ node: root, targets: targetsOf(root), at: 0 }]
    order.set(root, order.size)
    low.set(root, order.get(root) ?? 0)
    stack.push(root)
    for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
      const { node } = frame
      const target = frame.targets[frame.at++]
      if (target === undefined) {
        open.pop()
        const parent = open.at(-1)?.node
        if (parent !== undefined) low.set(parent, Math.min(low.get(parent) ?? 0, low.get(node) ?? 0))
        if (low.get(node) !== order.get(node)) continue
        for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
          component.set(member, components)
          if (member === node) break
        }
        components++
      } else if (!order.has(target)) {
        order.set(target, order.size)
        low.set(target, order.get(target) ?? 0)
        stack.push(target)
        open.push({ node: target, targets: targetsOf(target), at: 0 })
      } else if (!component.has(target)) low.set(node, Math.min(low.get(node) ?? 0, order.get(target) ?? 0))
    }
  }
  return component
}
