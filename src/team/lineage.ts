import type { GraphNode } from './graph.ts'
import type { Suffix } from './suffix.ts'

/** A command of a forker in its line of descent. */
export interface Place {
  readonly node: GraphNode
  readonly chain: number
  readonly at: number
  /** How many of each line it has in its past. */
  readonly row: Int32Array
}

const nothing = new Int32Array(0)

/**
 * The commands of one author that forked, as lines of descent, and for every command of the suffix how many of each line
 * it has in its past. Who knows one of a line knows all before it; so a number for each line says all. Most commands know
 * just what a parent knows, and share its row.
 */
export class Lineage {
  readonly authorHex: string
  readonly chains: GraphNode[][] = []
  readonly #rows: Int32Array[] = []
  readonly #places = new Map<GraphNode, Place>()
  readonly #sides = new Set<GraphNode>()
  /** By line and place: down to where all that stands before it is marked as a side, so that nothing is marked twice. */
  readonly #marked: number[][] = []

  constructor(suffix: Suffix, line: readonly GraphNode[]) {
    this.authorHex = line[0]?.command.authorHex ?? ''
    const after: Int32Array[] = []
    let own = 0
    for (const [at, node] of suffix.nodes.entries()) {
      const row = joined(suffix.parentsOf(at).map((parent) => after[parent] ?? nothing))
      this.#rows.push(row)
      after.push(node.command.authorHex === this.authorHex ? this.#put(node, row, own++) : row)
    }
  }

  /** How many of each line the command at that position of the suffix has in its past. */
  rowAt(at: number): Int32Array {
    return this.#rows[at] ?? nothing
  }

  placeOf(chain: number, at: number): Place {
    return this.#places.get(this.chains[chain]?.[at] as GraphNode) as Place
  }

  places(): Place[] {
    return [...this.#places.values()]
  }

  /** Commands with another of the author beside them. */
  sides(): GraphNode[] {
    return [...this.#sides]
  }

  /** Puts an own command at the end of a line that it continues, or begins one; what its children know. */
  #put(node: GraphNode, row: Int32Array, before: number): Int32Array {
    const open = this.chains.findIndex((chain, i) => row[i] === chain.length)
    const chain = open === -1 ? this.chains.length : open
    if (before > row.reduce((sum, known) => sum + known, 0)) this.#markSides(node, row)
    if (open === -1) this.chains.push([])
    const at = (this.chains[chain]?.push(node) ?? 1) - 1
    this.#places.set(node, { node, chain, at, row })
    const after = new Int32Array(Math.max(row.length, chain + 1))
    after.set(row)
    after[chain] = at + 1
    return after
  }

  /** A command that lacks earlier ones of its author: all of these are sides. */
  #markSides(node: GraphNode, row: Int32Array): void {
    this.#sides.add(node)
    for (const [i, chain] of this.chains.entries()) {
      const from = row[i] ?? 0
      const marked = (this.#marked[i] ??= [])
      for (let at = chain.length - 1; at >= from; at--) {
        const down = marked[at]
        if (down === undefined) this.#sides.add(chain[at] as GraphNode)
        else at = down
      }
      if (chain.length > from) marked[chain.length - 1] = Math.min(from, marked[chain.length - 1] ?? from)
    }
  }
}

/** What somebody knows who has these parents; one of theirs where it says all. */
function joined(rows: readonly Int32Array[]): Int32Array {
  let whole = rows[0] ?? nothing
  for (const row of rows.slice(1)) {
    if (row === whole || covers(whole, row)) continue
    if (covers(row, whole)) whole = row
    else {
      const both = new Int32Array(Math.max(whole.length, row.length))
      for (let i = 0; i < both.length; i++) both[i] = Math.max(whole[i] ?? 0, row[i] ?? 0)
      whole = both
    }
  }
  return whole
}

function covers(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < b.length; i++) if ((b[i] ?? 0) > (a[i] ?? 0)) return false
  return true
}
