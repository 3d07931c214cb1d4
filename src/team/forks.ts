import type { GraphNode } from './graph.ts'
import { isPlanted } from './planted.ts'
import { bySeniority, discredits, withdraws } from './reducers.ts'
import type { Suffix } from './suffix.ts'

/** What R1 found after one cut. */
export interface Forks {
  /** Commands with another of their author beside them. */
  readonly sides: ReadonlySet<GraphNode>
  /** Which sides lost, and to what. */
  readonly losers: (trial: ReadonlySet<GraphNode>) => ReadonlyMap<GraphNode, GraphNode>
}

/** Equivocation after a cut (R1). Only authors whose numbers were used twice are looked at. */
export function findForks(suffix: Suffix, isForked: (node: GraphNode) => boolean): Forks {
  const isRuled = !isPlanted('no-fork-rule')
  const lines = [...suffix.authors()].filter(([first]) => isRuled && first !== undefined && isForked(first))
  const sides = new Map(lines.map((line) => [line, new Knowledge(suffix, line)]))
  const all = new Set([...sides.values()].flatMap((knowledge) => knowledge.sides()))
  const losers = (trial: ReadonlySet<GraphNode>): Map<GraphNode, GraphNode> => {
    const lost = new Map<GraphNode, GraphNode>()
    for (const knowledge of sides.values()) {
      knowledge.hearWitnesses((w) => !all.has(w) && isHeard(suffix, trial, w, knowledge.authorHex))
      knowledge.judge(lost)
    }
    return lost
  }
  return { sides: all, losers }
}

/** Does a witness count? Not where a reducer beside it, of another than the forker, takes its author's standing. */
function isHeard(suffix: Suffix, trial: ReadonlySet<GraphNode>, w: GraphNode, forkerHex: string): boolean {
  const isForkerHeard = isPlanted('forker-discredits')
  for (const r of trial)
    if ((isForkerHeard || r.command.authorHex !== forkerHex) && discredits(r, w) && suffix.isConcurrent(r, w))
      return false
  return true
}

/** Who has seen which of one author's commands: a bit for each of them, for every command of the suffix. */
class Knowledge {
  readonly authorHex: string
  readonly #suffix: Suffix
  readonly #line: readonly GraphNode[]
  readonly #words: number
  readonly #bits: Uint32Array
  readonly #positions: readonly number[]
  readonly #sides: readonly number[]
  readonly #withdrawals: readonly number[]
  /** The best witness of each state of knowledge. */
  readonly #witnesses = new Map<string, { readonly at: number; readonly node: GraphNode }>()

  constructor(suffix: Suffix, line: readonly GraphNode[]) {
    this.#suffix = suffix
    this.#line = line
    this.authorHex = line[0]?.command.authorHex ?? ''
    this.#words = Math.ceil(line.length / 32)
    this.#bits = new Uint32Array(this.#words * suffix.nodes.length)
    const columns = new Map(line.map((node, column) => [node, column]))
    const columnAt = suffix.nodes.map((node) => columns.get(node))
    for (let at = 0; at < suffix.nodes.length; at++)
      for (const parent of suffix.parentsOf(at)) this.#learn(at, parent, columnAt[parent])
    const positions = new Array<number>(line.length).fill(0)
    for (const [at, column] of columnAt.entries()) if (column !== undefined) positions[column] = at
    this.#positions = positions
    this.#sides = this.#findSides()
    this.#withdrawals = this.#sides.filter((column) =>
      this.#sides.some((other) => withdraws(this.#nodeOf(column), this.#nodeOf(other))),
    )
  }

  #nodeOf(column: number): GraphNode {
    return this.#line[column] as GraphNode
  }

  #learn(at: number, parent: number, column: number | undefined): void {
    const bits = this.#bits
    for (let word = 0; word < this.#words; word++)
      bits[at * this.#words + word] = (bits[at * this.#words + word] ?? 0) | (bits[parent * this.#words + word] ?? 0)
    if (column === undefined) return
    const own = at * this.#words + (column >> 5)
    bits[own] = (bits[own] ?? 0) | (1 << (column & 31))
  }

  /** Has the command at this position that one of the author's in its past? */
  #knows(at: number, column: number): boolean {
    return ((this.#bits[at * this.#words + (column >> 5)] ?? 0) & (1 << (column & 31))) !== 0
  }

  #areBeside(a: number, b: number): boolean {
    return a !== b && !this.#knows(this.#positions[a] ?? 0, b) && !this.#knows(this.#positions[b] ?? 0, a)
  }

  sides(): GraphNode[] {
    return this.#sides.map((column) => this.#nodeOf(column))
  }

  /** Commands that lack an earlier one of their author, and those that are lacked, smallest ids first. */
  #findSides(): number[] {
    const sides = new Set<number>()
    for (const [column, at] of this.#positions.entries())
      for (let word = 0; word * 32 < column; word++) {
        const before = column - word * 32 >= 32 ? -1 : (1 << (column - word * 32)) - 1
        let lacked = ~(this.#bits[at * this.#words + word] ?? 0) & before
        if (lacked !== 0) sides.add(column)
        for (; lacked !== 0; lacked &= lacked - 1) sides.add(word * 32 + 31 - Math.clz32(lacked & -lacked))
      }
    const idOf = (column: number): string => this.#nodeOf(column).command.idHex
    return [...sides].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
  }

  /** Keeps, of all commands of others that count, the best for each state of knowledge. */
  hearWitnesses(isHeard: (w: GraphNode) => boolean): void {
    this.#witnesses.clear()
    for (const [at, node] of this.#suffix.nodes.entries()) {
      if (node.command.authorHex === this.authorHex) continue
      const row = this.#bits.subarray(at * this.#words, (at + 1) * this.#words)
      // Who has seen nothing, or everything, is no exclusive witness of anything.
      if (row.every((word) => word === 0)) continue
      const key = row.join()
      const best = this.#witnesses.get(key)
      if (best !== undefined && isBetterOrEqual(best.node, node)) continue
      if (isHeard(node)) this.#witnesses.set(key, { at, node })
    }
  }

  /** Adds the losers of all pairs of sides, smallest ids first. */
  judge(lost: Map<GraphNode, GraphNode>): void {
    for (const [i, x] of this.#sides.entries())
      for (const y of this.#sides.slice(i + 1)) {
        const [a, b] = [this.#nodeOf(x), this.#nodeOf(y)]
        if ((lost.has(a) && lost.has(b)) || !this.#areBeside(x, y)) continue
        const [winner, loser] = this.#firstStays(x, y) ? [a, b] : [b, a]
        if (!lost.has(loser)) lost.set(loser, winner)
      }
  }

  /** Of two sides, the one of smaller id first: does it stay? */
  #firstStays(x: number, y: number): boolean {
    const [best, other] = [this.#bestWitness(x, y), this.#bestWitness(y, x)]
    if (best !== undefined && other !== undefined) return isBetterOrEqual(best, other)
    if (best !== undefined || other !== undefined) return best !== undefined
    const [isLeaving, leaves] = [this.#isWithdrawn(x, y), this.#isWithdrawn(y, x)]
    return isLeaving === leaves || isLeaving
  }

  #bestWitness(x: number, y: number): GraphNode | undefined {
    let best: GraphNode | undefined
    for (const { at, node } of this.#witnesses.values()) {
      if (!this.#knows(at, x) || this.#knows(at, y)) continue
      if (best === undefined || !isBetterOrEqual(best, node)) best = node
    }
    return best
  }

  /** Does the author withdraw with `x`, or after it, beside `other`? */
  #isWithdrawn(x: number, other: number): boolean {
    return this.#withdrawals.some(
      (column) =>
        (column === x || this.#knows(this.#positions[column] ?? 0, x)) &&
        this.#areBeside(column, other) &&
        withdraws(this.#nodeOf(column), this.#nodeOf(other)),
    )
  }
}

/** By rank, then seniority; ids of witnesses do not count. */
function isBetterOrEqual(a: GraphNode, b: GraphNode): boolean {
  return (b.origin.rank - a.origin.rank || bySeniority(a, b)) <= 0
}
