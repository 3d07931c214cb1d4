import { bug, type Refusal } from '../base/index.ts'
import { apply } from './apply.ts'
import { check } from './check.ts'
import type { GraphNode } from './graph.ts'
import { originOf } from './origin.ts'
import type { Role } from './policy.ts'
import {
  byPrecedence,
  bySeniority,
  discredits,
  hitsDirectly,
  isUnfounded,
  lowers,
  takesPart,
  withdraws,
  type Walk,
} from './reducers.ts'
import { asRole, originFacts, recalled, replayFacts, voided, type Setback, type Standing } from './ruling.ts'
import { emptyState, type TeamState } from './state.ts'

/** What a set of commands amounts to. */
export interface Resolution {
  readonly state: TeamState
  /** By hex id, of every command. */
  readonly standings: ReadonlyMap<string, Standing>
  /** What is lost in forks (R1), without what depends on it. */
  readonly lost: ReadonlySet<GraphNode>
}

/**
 * Rules R0 to R5 as the page has them (`TEAM.md` 4), written to be read and compared with the engine that runs: slow, and
 * without anything that is not on the page. Takes commands parents first; ids are sorted before anything depends on order.
 */
export class Reference {
  readonly #nodes = new Map<string, GraphNode>()
  readonly #views = new Map<GraphNode, TeamState>()
  readonly #lost = new Map<GraphNode, ReadonlySet<GraphNode>>()
  readonly #pasts = new Map<GraphNode, ReadonlySet<GraphNode>>()

  /** R0: takes a command whose parents were taken; what its author saw decides. */
  take(given: Pick<GraphNode, 'command' | 'act' | 'parents'>, facts = originFacts): Refusal | undefined {
    const { command, act } = given
    const parents = given.parents.map((parent) => this.#node(parent.command.idHex))
    const past = new Set(parents.flatMap((parent) => [parent, ...this.past(parent)]))
    const { state: view, lost } = new Case(this, [...past]).resolve()
    const refusal = check(view, act, command, facts)
    if (refusal !== undefined) return refusal
    const node = { command, act, parents, index: this.#nodes.size, author: 0, origin: originOf(view, act, command) }
    this.#nodes.set(command.idHex, node)
    this.#views.set(node, view)
    this.#lost.set(node, lost)
    this.#pasts.set(node, past)
    return undefined
  }

  /** The team of these commands, all that were taken by default; a set that is closed under parents. */
  resolve(ids: Iterable<string> = this.#nodes.keys()): Resolution {
    return new Case(
      this,
      [...ids].sort().map((id) => this.#node(id)),
    ).resolve()
  }

  node(idHex: string): GraphNode | undefined {
    return this.#nodes.get(idHex)
  }

  /** `past(c)`. */
  past(node: GraphNode): ReadonlySet<GraphNode> {
    return this.#pasts.get(node) ?? new Set()
  }

  /** `view(c)`. */
  view(node: GraphNode): TeamState {
    return this.#views.get(node) ?? emptyState
  }

  /** What was lost in forks in the view of a command. */
  lostIn(node: GraphNode): ReadonlySet<GraphNode> {
    return this.#lost.get(node) ?? new Set()
  }

  #node(idHex: string): GraphNode {
    const node = this.#nodes.get(idHex)
    if (node === undefined) throw bug('a command before its parents')
    return node
  }
}

/** One set of commands being resolved. */
class Case implements Walk {
  readonly #of: Reference
  readonly #nodes: readonly GraphNode[]

  constructor(of: Reference, nodes: readonly GraphNode[]) {
    this.#of = of
    this.#nodes = nodes
  }

  resolve(): Resolution {
    const lost = this.#forks()
    let fallen = this.#withDependents(lost)
    for (;;) {
      const reducers = this.#nodes.filter((node) => takesPart(node) && !fallen.has(node))
      const { accepted, out } = this.#grounded(reducers)
      const voids = this.#voids(fallen, accepted, out)
      const { state, standings, unfounded } = this.#replay(voids, accepted)
      if (unfounded === undefined) return { state, standings, lost: new Set(lost.keys()) }
      // It never had its authority and has hit nothing: R3 to R5 again without it, and without what hangs on it.
      fallen.set(unfounded.node, voided(undefined, unfounded.why))
      fallen = this.#withDependents(fallen)
    }
  }

  // --- definitions ---

  readonly node = (idHex: string): GraphNode | undefined => this.#of.node(idHex)

  readonly isConcurrent = (a: GraphNode, b: GraphNode): boolean =>
    a !== b && !this.#of.past(a).has(b) && !this.#of.past(b).has(a)

  readonly failsAs = (d: GraphNode, role: Role): boolean =>
    check(asRole(this.#of.view(d), d.command.authorHex, role), d.act, d.command, originFacts) !== undefined

  /** `{c} ∪ deps*(c)`. */
  #closure(c: GraphNode): Set<GraphNode> {
    const closure = new Set([c])
    for (const { origin } of closure)
      for (const dep of origin.deps) {
        const node = this.node(dep)
        if (node !== undefined) closure.add(node)
      }
    return closure
  }

  #isSameAuthor(a: GraphNode, b: GraphNode): boolean {
    return a.command.authorHex === b.command.authorHex
  }

  // --- R1 ---

  /** What is lost in forks: the losers, and what their author signed later in a view where it was decided otherwise. */
  #forks(): Map<GraphNode, Setback> {
    const sides = this.#nodes.filter((x) => this.#forksWith(x))
    const lost = new Map<GraphNode, Setback>()
    if (sides.length === 0) return lost
    const trial = this.#grounded(this.#nodes.filter((node) => takesPart(node) && !sides.includes(node))).accepted
    for (const x of sides)
      for (const y of sides)
        if (this.#isSameAuthor(x, y) && this.isConcurrent(x, y) && this.#stays(x, y, trial)) lost.set(y, voided(x))
    for (const z of [...this.#nodes].sort(byDepthAndId)) {
      const own = [...this.#of.past(z)].filter((y) => this.#isSameAuthor(y, z))
      const other = own.find((y) => lost.has(y) !== this.#of.lostIn(z).has(y))
      if (other !== undefined && !lost.has(z)) lost.set(z, voided(other))
    }
    return lost
  }

  #forksWith(x: GraphNode): boolean {
    return this.#nodes.some((y) => this.#isSameAuthor(x, y) && this.isConcurrent(x, y))
  }

  /** Of a fork's two sides, does `x` stay? */
  #stays(x: GraphNode, y: GraphNode, trial: ReadonlySet<GraphNode>): boolean {
    const [best, other] = [this.#bestWitness(x, y, trial), this.#bestWitness(y, x, trial)]
    const isSmaller = x.command.idHex < y.command.idHex
    if (best !== undefined && other !== undefined) {
      const order = other.origin.rank - best.origin.rank || bySeniority(best, other)
      return order === 0 ? isSmaller : order < 0
    }
    if (best !== undefined || other !== undefined) return best !== undefined
    const [isLeaving, leaves] = [this.#isWithdrawn(x, y), this.#isWithdrawn(y, x)]
    return isLeaving === leaves ? isSmaller : isLeaving
  }

  #bestWitness(x: GraphNode, y: GraphNode, trial: ReadonlySet<GraphNode>): GraphNode | undefined {
    const witnesses = this.#nodes.filter((w) => {
      const past = this.#of.past(w)
      if (this.#isSameAuthor(w, x) || !past.has(x) || past.has(y) || this.#forksWith(w)) return false
      return ![...trial].some((r) => !this.#isSameAuthor(r, x) && discredits(r, w) && this.isConcurrent(r, w))
    })
    return witnesses.sort((a, b) => b.origin.rank - a.origin.rank || bySeniority(a, b))[0]
  }

  #isWithdrawn(x: GraphNode, other: GraphNode): boolean {
    return this.#nodes.some(
      (node) =>
        (node === x || (this.#isSameAuthor(node, x) && this.#of.past(node).has(x))) &&
        this.isConcurrent(node, other) &&
        withdraws(node, other),
    )
  }

  // --- R2, R3 ---

  #hits(r: GraphNode, c: GraphNode): boolean {
    return [...this.#closure(c)].some((d) => this.isConcurrent(r, d) && hitsDirectly(this, r, d))
  }

  /** The grounded extension of the attack graph of these reducers, ties broken. */
  #grounded(reducers: readonly GraphNode[]): { accepted: Set<GraphNode>; out: Map<GraphNode, GraphNode> } {
    const hits = new Map(reducers.map((r) => [r, new Set(reducers.filter((c) => this.#hits(r, c)))]))
    const isHitting = (r: GraphNode, c: GraphNode): boolean => hits.get(r)?.has(c) === true
    const undecided = new Set(reducers)
    const accepted = new Set<GraphNode>()
    const out = new Map<GraphNode, GraphNode>()
    const accept = (r: GraphNode, isTie: boolean): void => {
      undecided.delete(r)
      accepted.add(r)
      for (const c of [...undecided]) {
        if (!isHitting(r, c) && !(isTie && isHitting(c, r))) continue
        undecided.delete(c)
        out.set(c, r)
      }
    }
    while (undecided.size > 0) {
      const free = [...undecided].filter((c) => ![...undecided, ...accepted].some((r) => isHitting(r, c)))
      for (const r of free) accept(r, false)
      if (free.length > 0) continue
      const best = this.#tieWinner(undecided, accepted, isHitting)
      if (best === undefined) throw bug('a cycle without members')
      accept(best, true)
    }
    return { accepted, out }
  }

  /** Of the undecided in cycles that nothing undecided outside leads to: the one of highest precedence. */
  #tieWinner(
    undecided: ReadonlySet<GraphNode>,
    accepted: ReadonlySet<GraphNode>,
    isHitting: (r: GraphNode, c: GraphNode) => boolean,
  ): GraphNode | undefined {
    const reach = (from: GraphNode): Set<GraphNode> => {
      const reached = new Set([...undecided].filter((c) => isHitting(from, c)))
      for (const r of reached) for (const c of undecided) if (isHitting(r, c)) reached.add(c)
      return reached
    }
    const reached = new Map([...undecided].map((r) => [r, reach(r)]))
    const leads = (a: GraphNode, b: GraphNode): boolean => reached.get(a)?.has(b) === true
    const inCycles = [...undecided].filter((c) => [...undecided].every((r) => !leads(r, c) || leads(c, r)))
    const rank = (c: GraphNode): number => this.#rank(c, accepted)
    return inCycles.sort((a, b) => byPrecedence(a, rank(a), b, rank(b)))[0]
  }

  /** The rank with which a command counts: the lowest that an accepted Decrease beside it has left its author. */
  #rank(c: GraphNode, accepted: ReadonlySet<GraphNode>): number {
    const left = [...accepted].filter((r) => lowers(this, r, c)).map((r) => r.origin.leaves?.rank ?? 0)
    return Math.min(c.origin.rank, ...left)
  }

  // --- R4 ---

  /** What is void: fallen before, out, hit by what was accepted, and everything that depends on it. */
  #voids(
    fallen: ReadonlyMap<GraphNode, Setback>,
    accepted: ReadonlySet<GraphNode>,
    out: ReadonlyMap<GraphNode, GraphNode>,
  ): Map<GraphNode, Setback> {
    const voids = new Map(fallen)
    for (const [c, r] of out) voids.set(c, voided(r))
    for (const c of this.#nodes) {
      if (voids.has(c) || accepted.has(c)) continue
      const hitter = [...accepted].sort(byId).find((r) => this.#hits(r, c))
      if (hitter !== undefined) voids.set(c, voided(hitter))
    }
    return this.#withDependents(voids)
  }

  /** With everything that depends on them, by what it hangs on. */
  #withDependents(voids: ReadonlyMap<GraphNode, Setback>): Map<GraphNode, Setback> {
    const whole = new Map(voids)
    for (const c of [...this.#nodes].sort(byDepthAndId)) {
      const hanging = c.origin.deps.map(this.node).find((dep) => dep !== undefined && whole.has(dep))
      if (hanging !== undefined && !whole.has(c)) whole.set(c, voided(hanging))
    }
    return whole
  }

  // --- R5 ---

  /** Topological; among ready ones class, then precedence. Ends at the first accepted reducer without its authority. */
  #replay(
    voids: ReadonlyMap<GraphNode, Setback>,
    accepted: ReadonlySet<GraphNode>,
  ): Omit<Resolution, 'lost'> & { unfounded?: { node: GraphNode; why: Refusal } } {
    const waiting = new Set(this.#nodes)
    const standings = new Map<string, Standing>()
    const goesFirst = (a: GraphNode, b: GraphNode): number =>
      a.origin.order - b.origin.order || byPrecedence(a, this.#rank(a, accepted), b, this.#rank(b, accepted))
    let state = emptyState
    while (waiting.size > 0) {
      const ready = [...waiting].filter((node) => !node.parents.some((parent) => waiting.has(parent)))
      const [node] = ready.sort(goesFirst)
      if (node === undefined) throw bug('a cycle of parents')
      waiting.delete(node)
      const isVoid = voids.get(node)
      const refusal = isVoid === undefined ? check(state, node.act, node.command, replayFacts) : undefined
      if (refusal !== undefined && accepted.has(node) && isUnfounded(node, refusal.code))
        return { state, standings, unfounded: { node, why: refusal } }
      if (isVoid === undefined && refusal === undefined) state = apply(state, node.act, node.command)
      standings.set(node.command.idHex, isVoid ?? (refusal === undefined ? 'effective' : recalled(refusal)))
    }
    return { state, standings }
  }
}

function byId(a: GraphNode, b: GraphNode): number {
  return a.command.idHex < b.command.idHex ? -1 : 1
}

function byDepthAndId(a: GraphNode, b: GraphNode): number {
  return a.command.depth - b.command.depth || byId(a, b)
}
