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
  readonly #suffix: Suffix
  readonly #known: Known[] = []
  readonly #places = new Map<GraphNode, Place>()
  readonly #sides = new Set<GraphNode>()
  /** By line: its commands that are no sides so far, for lines that have any. */
  readonly #alone = new Map<number, Place[]>()

  constructor(suffix: Suffix, line: readonly GraphNode[]) {
    this.#suffix = suffix
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

  /** One of these commands by its id. */
  node(idHex: string): GraphNode | undefined {
    const node = this.#suffix.node(idHex)
    return node !== undefined && this.#places.has(node) ? node : undefined
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
    const isOpen = ([line, count]: readonly [number, number]): boolean => this.chains[line]?.length === count
    const last = [known.chain, known.count] as const
    const [chain] = isOpen(last) ? last : (linesOf(known).find(isOpen) ?? [this.chains.length])
    const line = (this.chains[chain] ??= [])
    const place = { node, chain, at: line.length, known }
    const isLacking = before > known.total
    if (isLacking) this.#markSides(place)
    else this.#leaveAlone(place)
    line.push(place)
    this.#places.set(node, place)
    const others = known.chain === chain ? known.others : othersOf(linesOf(known).filter(([one]) => one !== chain))
    return { total: known.total + 1, chain, count: place.at + 1, others }
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

/** The lines of which something is known, by line, and how much. */
export function linesOf({ chain, count, others }: Known): [chain: number, count: number][] {
  const lines: [number, number][] = []
  for (let at = 0; at < others.length; at += 2) lines.push([others[at] ?? 0, others[at + 1] ?? 0])
  if (count > 0) lines.push([chain, count])
  return lines.sort(([a], [b]) => a - b)
}

/** What somebody knows who has these parents; what one of them knows where that is all. */
function joined(all: readonly Known[]): Known {
  let whole = all[0] ?? nothing
  for (const known of all.slice(1)) {
    if (known === whole || covers(whole, known)) continue
    whole = covers(known, whole) ? known : union(whole, known)
  }
  return whole
}

function covers(a: Known, b: Known): boolean {
  return a.total >= b.total && linesOf(b).every(([chain, count]) => countOf(a, chain) >= count)
}

function union(a: Known, b: Known): Known {
  const counts = new Map(linesOf(a))
  for (const [chain, count] of linesOf(b)) counts.set(chain, Math.max(count, counts.get(chain) ?? 0))
  const lines = [...counts].sort(([x], [y]) => x - y)
  const [chain, count] = lines.pop() ?? [-1, 0]
  return { total: [...counts.values()].reduce((sum, one) => sum + one, 0), chain, count, others: othersOf(lines) }
}

function othersOf(lines: readonly (readonly [chain: number, count: number])[]): Int32Array {
  return Int32Array.from(lines.flat())
}
