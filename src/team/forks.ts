import type { GraphNode } from './graph.ts'
import { Lineage, type Place } from './lineage.ts'
import { isPlanted } from './planted.ts'
import { bySeniority, discredits, withdraws } from './reducers.ts'
import { subjectOf } from './origin.ts'
import type { Suffix } from './suffix.ts'

/** What R1 found after one cut. */
export interface Forks {
  /** Commands with another of their author beside them. */
  readonly sides: ReadonlySet<GraphNode>
  /** Which sides lost, and to what: of each line of descent the first; what it leads to is lost with it. */
  readonly losers: (trial: ReadonlySet<GraphNode>) => ReadonlyMap<GraphNode, GraphNode>
}

/** Equivocation after a cut (R1). Only authors whose numbers were used twice are looked at. */
export function findForks(suffix: Suffix, isForked: (node: GraphNode) => boolean): Forks {
  const isRuled = !isPlanted('no-fork-rule')
  const lines = [...suffix.authors()].filter(([first]) => isRuled && first !== undefined && isForked(first))
  const lineages = lines.map((line) => new Lineage(suffix, line))
  const sides = new Set(lineages.flatMap((lineage) => lineage.sides()))
  const losers = (trial: ReadonlySet<GraphNode>): Map<GraphNode, GraphNode> => {
    const lost = new Map<GraphNode, GraphNode>()
    const hearing = new Hearing(suffix, trial)
    for (const lineage of lineages) {
      if (lineage.chains.length < 2) continue
      const isHeard = (w: GraphNode): boolean => !sides.has(w) && hearing.isHeard(w, lineage.authorHex)
      new Verdicts(suffix, lineage, isHeard).find(lost)
    }
    return lost
  }
  return { sides, losers }
}

/** Which witnesses count: not where a reducer beside them, of another than the forker, takes their author's standing. */
class Hearing {
  readonly #suffix: Suffix
  readonly #against = new Map<string, GraphNode[]>()

  constructor(suffix: Suffix, trial: ReadonlySet<GraphNode>) {
    this.#suffix = suffix
    for (const r of trial) {
      const subject = subjectOf(r.act)
      const known = this.#against.get(subject)
      if (known === undefined) this.#against.set(subject, [r])
      else known.push(r)
    }
  }

  isHeard(w: GraphNode, forkerHex: string): boolean {
    const isForkerHeard = isPlanted('forker-discredits')
    for (const r of this.#against.get(w.command.authorHex) ?? [])
      if ((isForkerHeard || r.command.authorHex !== forkerHex) && discredits(r, w) && this.#suffix.isConcurrent(r, w))
        return false
    return true
  }
}

/** Somebody's best command among those that have seen the same of the forker's. */
interface Witness {
  readonly row: Int32Array
  readonly node: GraphNode
}

/**
 * Who loses among the lines of one forker. For one command the strongest rival of another line is the first that is beside
 * it: whoever witnesses a later one has seen that too. And what wins against a rival by its witness, each command before
 * it in its line does as well. So of each line only the first loser is looked for, by halving; one by one only where
 * nobody has seen either side.
 */
class Verdicts {
  readonly #lineage: Lineage
  readonly #witnesses: readonly Witness[]
  readonly #withdrawals: readonly Place[]
  /** By line: where its first loser stands. */
  readonly #firstLost: number[]

  constructor(suffix: Suffix, lineage: Lineage, isHeard: (w: GraphNode) => boolean) {
    this.#lineage = lineage
    this.#firstLost = lineage.chains.map((chain) => chain.length)
    const best = new Map<Int32Array, GraphNode>()
    for (const [at, node] of suffix.nodes.entries()) {
      const row = lineage.rowAt(at)
      if (node.command.authorHex === lineage.authorHex || row.length === 0) continue
      const known = best.get(row)
      if ((known === undefined || isBetter(node, known)) && isHeard(node)) best.set(row, node)
    }
    this.#witnesses = [...best].map(([row, node]) => ({ row, node }))
    this.#withdrawals = lineage
      .places()
      .filter(({ node: { act } }) => act.kind === 'RemoveDevice' || act.kind === 'RetireKey')
  }

  find(lost: Map<GraphNode, GraphNode>): void {
    const { chains } = this.#lineage
    // Lines that begin with a well-witnessed command first: they put the others out soon.
    const order = [...chains.keys()].sort((a, b) => this.#compareStarts(a, b))
    for (const a of order)
      for (const b of order) {
        if (a === b || this.#firstLost[a] === 0) continue
        const fall = this.#firstFall(a, b)
        if (fall === undefined) continue
        const chain = chains[a] as readonly GraphNode[]
        const before = chain[this.#firstLost[a] ?? chain.length]
        if (before !== undefined) lost.delete(before)
        this.#firstLost[a] = fall.at
        lost.set(chain[fall.at] as GraphNode, fall.to)
      }
  }

  #compareStarts(a: number, b: number): number {
    const [x, y] = [this.#placeOf(a, 0), this.#placeOf(b, 0)]
    const [best, other] = [this.#bestSeeing(x), this.#bestSeeing(y)]
    if (best !== undefined && other !== undefined && best !== other) return isBetter(best, other) ? -1 : 1
    if ((best === undefined) !== (other === undefined)) return best === undefined ? 1 : -1
    return x.node.command.idHex < y.node.command.idHex ? -1 : 1
  }

  #placeOf(chain: number, at: number): Place {
    return this.#lineage.placeOf(chain, at)
  }

  /** The first command of line `a` before its first loser that loses to one of line `b`. */
  #firstFall(a: number, b: number): { at: number; to: GraphNode } | undefined {
    const length = this.#lineage.chains[b]?.length ?? 0
    const end = this.#firstLost[a] ?? 0
    for (let start = 0; start < end;) {
      const rival = this.#placeOf(a, start).row[b] ?? 0
      if (rival >= length) return undefined
      // From here on up to `next` the first rival of line `b` is one and the same.
      const next = firstWhere(start, end, (i) => (this.#placeOf(a, i).row[b] ?? 0) > rival)
      const y = this.#placeOf(b, rival)
      const fall = this.#fallTo(a, Math.max(start, y.row[a] ?? 0), next, y)
      if (fall !== undefined) return fall
      start = next
    }
    return undefined
  }

  /** The same among commands `from` to `end`, to all of which `y` is the first rival of its line. */
  #fallTo(a: number, from: number, end: number, y: Place): { at: number; to: GraphNode } | undefined {
    const isSafe = (i: number): boolean => this.#byWitness(this.#placeOf(a, i), y) === 'wins'
    for (let i = firstWhere(from, end, (one) => !isSafe(one)); i < end; i++) {
      const x = this.#placeOf(a, i)
      if (this.#byWitness(x, y) === 'loses') return { at: i, to: y.node }
      const winner = this.#unseenWinner(x, y)
      if (winner !== undefined) return { at: i, to: winner }
    }
    return undefined
  }

  /** Of the rivals from `y` on, in a fork that nobody has seen, one to which `x` loses. */
  #unseenWinner(x: Place, y: Place): GraphNode | undefined {
    const length = this.#lineage.chains[y.chain]?.length ?? 0
    for (let j = y.at; j < length; j++) {
      const rival = this.#placeOf(y.chain, j)
      if ((rival.row[x.chain] ?? 0) > x.at) return undefined
      // Who has seen `x` and not this rival has not seen the later ones either.
      if (this.#bestWitness(x, rival) !== undefined) return undefined
      const [isLeaving, leaves] = [this.#isWithdrawn(x, rival), this.#isWithdrawn(rival, x)]
      const stays = isLeaving === leaves ? x.node.command.idHex < rival.node.command.idHex : isLeaving
      if (!stays) return rival.node
    }
    return undefined
  }

  #byWitness(x: Place, y: Place): 'wins' | 'loses' | 'unseen' {
    const [best, other] = [this.#bestWitness(x, y), this.#bestWitness(y, x)]
    if (best === undefined && other === undefined) return 'unseen'
    if (best !== undefined && other !== undefined) {
      const order = byStanding(best, other)
      return order < 0 || (order === 0 && x.node.command.idHex < y.node.command.idHex) ? 'wins' : 'loses'
    }
    return best === undefined ? 'loses' : 'wins'
  }

  /** The best of those that have seen `x` and not `y`. */
  #bestWitness(x: Place, y: Place): GraphNode | undefined {
    let best: GraphNode | undefined
    for (const { row, node } of this.#witnesses)
      if ((row[x.chain] ?? 0) > x.at && (row[y.chain] ?? 0) <= y.at && (best === undefined || isBetter(node, best)))
        best = node
    return best
  }

  #bestSeeing(x: Place): GraphNode | undefined {
    let best: GraphNode | undefined
    for (const { row, node } of this.#witnesses)
      if ((row[x.chain] ?? 0) > x.at && (best === undefined || isBetter(node, best))) best = node
    return best
  }

  /** Does the author withdraw with `x`, or after it, beside `other`? */
  #isWithdrawn(x: Place, other: Place): boolean {
    return this.#withdrawals.some(
      (z) =>
        (z.node === x.node || (z.row[x.chain] ?? 0) > x.at) &&
        (z.row[other.chain] ?? 0) <= other.at &&
        (other.row[z.chain] ?? 0) <= z.at &&
        withdraws(z.node, other.node),
    )
  }
}

/** By rank, then seniority; ids of witnesses do not count. Negative where `a` is the better one. */
function byStanding(a: GraphNode, b: GraphNode): number {
  return b.origin.rank - a.origin.rank || bySeniority(a, b)
}

function isBetter(a: GraphNode, b: GraphNode): boolean {
  return byStanding(a, b) < 0
}

/** The first whole number from `from` to `end` for which it holds, given that it holds for all after it; else `end`. */
function firstWhere(from: number, end: number, holds: (at: number) => boolean): number {
  let [low, high] = [from, end]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
