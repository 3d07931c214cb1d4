import type { GraphNode } from './graph.ts'
import type { Suffix } from './suffix.ts'

/** How much somebody knows of a forker: of each of its lines how many commands. Who knows one of a line knows all before. */
export interface Known {
  /** Of all lines together. */
  readonly total: number
  /** The line that was known last, and how much of it. */
  readonly chain: number
  readonly count: number
  /** The other lines of which something is known, with how much: line, count, line, count; by line. */
  readonly others: Int32Array
}

/** A command of a forker in its line of descent. */
export interface Place {
  readonly node: GraphNode
  readonly chain: number
  readonly at: number
  /** What it has in its past. */
  readonly known: Known
}

/** Who knows of none. */
export const nothing: Known = { total: 0, chain: -1, count: 0, others: new Int32Array(0) }

/**
 * The commands of one author that forked, as lines of descent, and for every command of the suffix how many of each line
 * it has in its past. Most commands know just what a parent knows and share it, and a line that goes on shares what it
 * knows of the others: ten thousand branches off one point, or two long ones, cost no more than their number.
 */
export class Lineage {
  readonly authorHex: string
  readonly chains: Place[][] = []
  readonly #known: Known[] = []
  readonly #places = new Map<GraphNode, Place>()
  readonly #sides = new Set<GraphNode>()
  /** By line: its commands that are no sides so far, for lines that have any. */
  readonly #alone = new Map<number, Place[]>()

  constructor(suffix: Suffix, line: readonly GraphNode[]) {
    this.authorHex = line[0]?.command.authorHex ?? ''
    const after: Known[] = []
    let own = 0
    for (const [at, node] of suffix.nodes.entries()) {
      const known = joined(suffix.parentsOf(at).map((parent) => after[parent] ?? nothing))
      this.#known.push(known)
      after.push(node.command.authorHex === this.authorHex ? this.#put(node, known, own++) : known)
    }
  }

  /** What the command at that position of the suffix has in its past. */
  knownAt(at: number): Known {
    return this.#known[at] ?? nothing
  }

  /** All commands of the author, parents first. */
  places(): Place[] {
    return [...this.#places.values()]
  }

  /** Commands with another of the author beside them. */
  sides(): ReadonlySet<GraphNode> {
    return this.#sides
  }

  /** Puts an own command at the end of a line that it continues, or begins one; what its children know. */
  #put(node: GraphNode, known: Known, before: number): Known {
    const chain = this.#openLine(known)
    const line = (this.chains[chain] ??= [])
    const place = { node, chain, at: line.length, known }
    const isLacking = before > known.total
    if (isLacking) this.#markSides(place)
    else this.#leaveAlone(place)
    line.push(place)
    this.#places.set(node, place)
    const others = known.chain === chain ? known.others : without(linesOf(known), chain)
    return { total: known.total + 1, chain, count: place.at + 1, others }
  }

  /** A line that is known to its end; else a new one. */
  #openLine({ chain, count, others }: Known): number {
    if (this.chains[chain]?.length === count) return chain
    for (let at = 0; at < others.length; at += 2) {
      const line = others[at] ?? 0
      if (this.chains[line]?.length === others[at + 1]) return line
    }
    return this.chains.length
  }

  #leaveAlone(place: Place): void {
    const alone = this.#alone.get(place.chain)
    if (alone === undefined) this.#alone.set(place.chain, [place])
    else alone.push(place)
  }

  /** A command that lacks earlier ones of its author: it is a side, and so are all of these. */
  #markSides({ node, known }: Place): void {
    this.#sides.add(node)
    for (const [chain, alone] of this.#alone) {
      const from = countOf(known, chain)
      for (let last = alone.at(-1); last !== undefined && last.at >= from; last = alone.at(-1)) {
        this.#sides.add(last.node)
        alone.pop()
      }
      if (alone.length === 0) this.#alone.delete(chain)
    }
  }
}

/** How many of a line are known. */
export function countOf(known: Known, chain: number): number {
  if (known.chain === chain) return known.count
  const { others } = known
  let [low, high] = [0, others.length >> 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((others[2 * middle] ?? 0) < chain) low = middle + 1
    else high = middle
  }
  return others[2 * low] === chain ? (others[2 * low + 1] ?? 0) : 0
}

/** True where what is known has the command that stands at that place. */
export function hasIn(known: Known, { chain, at }: Place): boolean {
  return countOf(known, chain) > at
}

/** True where neither has the other in its past. */
export function areBeside(a: Place, b: Place): boolean {
  return a !== b && !hasIn(a.known, b) && !hasIn(b.known, a)
}

/** The lines of which something is known, and how much: line, count, line, count; by line. */
export function linesOf({ chain, count, others }: Known): Int32Array {
  if (count === 0) return others
  const lines = new Int32Array(others.length + 2)
  let at = others.length
  for (; at > 0 && (others[at - 2] ?? 0) > chain; at -= 2) lines.set(others.subarray(at - 2, at), at)
  lines.set(others.subarray(0, at))
  lines[at] = chain
  lines[at + 1] = count
  return lines
}

/** What somebody knows who has these parents; what one of them knows where that is all. */
function joined(all: readonly Known[]): Known {
  const apart = [...new Set(all)].sort((a, b) => b.total - a.total)
  const [most = nothing, ...rest] = apart
  const lacking = rest.filter((known) => !covers(most, known))
  if (lacking.length === 0) return most
  // The small ones first: sixteen branches that join a thousand are put together before.
  return knownOf([most, ...lacking].map(linesOf).reduceRight(union))
}

function covers(a: Known, { chain, count, others }: Known): boolean {
  if (countOf(a, chain) < count) return false
  for (let at = 0; at < others.length; at += 2) if (countOf(a, others[at] ?? 0) < (others[at + 1] ?? 0)) return false
  return true
}

function union(a: Int32Array, b: Int32Array): Int32Array {
  const both = new Int32Array(a.length + b.length)
  let [i, j, at] = [0, 0, 0]
  for (; i < a.length || j < b.length; at += 2) {
    const [x, y] = [i < a.length ? (a[i] ?? 0) : Infinity, j < b.length ? (b[j] ?? 0) : Infinity]
    both[at] = Math.min(x, y)
    both[at + 1] = Math.max(x <= y ? (a[i + 1] ?? 0) : 0, y <= x ? (b[j + 1] ?? 0) : 0)
    if (x <= y) i += 2
    if (y <= x) j += 2
  }
  return both.slice(0, at)
}

function knownOf(lines: Int32Array): Known {
  const last = lines.length - 2
  let total = 0
  for (let at = 1; at < lines.length; at += 2) total += lines[at] ?? 0
  return { total, chain: lines[last] ?? -1, count: lines[last + 1] ?? 0, others: lines.slice(0, last) }
}

function without(lines: Int32Array, chain: number): Int32Array {
  for (let at = 0; at < lines.length; at += 2) {
    if (lines[at] !== chain) continue
    const rest = new Int32Array(lines.length - 2)
    rest.set(lines.subarray(0, at))
    rest.set(lines.subarray(at + 2), at)
    return rest
  }
  return lines
}
