import type { Graph, GraphNode } from './graph.ts'
import { subjectOf } from './origin.ts'

/** Commands of one author, parents first. */
type Line = readonly GraphNode[]

/**
 * What lies after a cut, parents first, indexed for the questions of the rules: who is beside whom, by author, by the
 * device a command is about. Everything in it has the cut in its past, and what is not in it is not asked for.
 */
export class Suffix {
  readonly nodes: readonly GraphNode[]
  readonly #graph: Graph
  readonly #positions: ReadonlyMap<GraphNode, number>
  readonly #byAuthor = new Map<string, GraphNode[]>()
  #bySubject: Map<string, Map<string, GraphNode[]>> | undefined
  #relatives: { of: GraphNode; past: Uint8Array; future: Uint8Array } | undefined

  constructor(graph: Graph, nodes: readonly GraphNode[]) {
    this.#graph = graph
    this.nodes = [...nodes].sort((a, b) => a.index - b.index)
    this.#positions = new Map(this.nodes.map((node, at) => [node, at]))
    for (const node of this.nodes) push(this.#byAuthor, node.command.authorHex, node)
  }

  has(node: GraphNode): boolean {
    return this.#positions.has(node)
  }

  /** Commands of a device, in arrival order. */
  by(deviceHex: string): Line {
    return this.#byAuthor.get(deviceHex) ?? []
  }

  /** Hex ids of the authors. */
  devices(): Iterable<string> {
    return this.#byAuthor.keys()
  }

  authors(): Iterable<Line> {
    return this.#byAuthor.values()
  }

  /** True where neither is in the other's past. */
  readonly isConcurrent = (a: GraphNode, b: GraphNode): boolean =>
    a !== b && !(a.index < b.index ? this.#graph.isBefore(a, b) : this.#graph.isBefore(b, a))

  /** True where `x`, a command of a device that forked, is in the past of `y`. */
  isAfter(x: GraphNode, y: GraphNode): boolean {
    const at = this.#positions.get(y)
    return x !== y && at !== undefined && this.#relativesOf(x).future[at] === 1
  }

  readonly node = (idHex: string): GraphNode | undefined => this.#graph.get(idHex)

  /** What this command rests on, as far as it lies after the cut. */
  deps({ origin }: GraphNode): GraphNode[] {
    const deps: GraphNode[] = []
    for (const dep of origin.deps) {
      const node = this.#graph.get(dep)
      if (node !== undefined && this.#positions.has(node)) deps.push(node)
    }
    return deps
  }

  /** Commands beside `r` that a device authored. */
  besideBy(r: GraphNode, deviceHex: string): GraphNode[] {
    return this.#beside(r, this.by(deviceHex))
  }

  /** Commands beside `r` that add or admit a device or change its role. */
  besideAbout(r: GraphNode, deviceHex: string): GraphNode[] {
    this.#bySubject ??= indexSubjects(this.nodes)
    return [...(this.#bySubject.get(deviceHex)?.values() ?? [])].flatMap((line) => this.#beside(r, line))
  }

  /** All commands beside `r`. */
  allBeside(r: GraphNode): GraphNode[] {
    return [...this.#byAuthor.values()].flatMap((line) => this.#beside(r, line))
  }

  /**
   * Those of one author's commands that are beside `r`. Where the author has not forked they are a chain: first come the
   * ones that `r` has in its past, by their numbers, and last the ones that have `r` in theirs.
   */
  #beside(r: GraphNode, line: Line): GraphNode[] {
    const [first] = line
    if (first === undefined) return []
    if (this.#graph.isForked(first) || this.#graph.isForked(r)) return this.#besideForked(r, line)
    const beside: GraphNode[] = []
    const seen = this.#graph.versions(r)[first.author] ?? 0
    for (let at = firstFrom(line, seen); at < line.length; at++) {
      const node = line[at]
      if (node === undefined || (node !== r && this.#graph.isBefore(r, node))) break
      if (node !== r) beside.push(node)
    }
    return beside
  }

  /** As above where numbers do not tell: by the sets of all that is before and after `r`. */
  #besideForked(r: GraphNode, line: Line): GraphNode[] {
    const { past, future } = this.#relativesOf(r)
    return line.filter((node) => {
      const at = this.#positions.get(node) ?? 0
      return node !== r && past[at] !== 1 && future[at] !== 1
    })
  }

  #relativesOf(of: GraphNode): { past: Uint8Array; future: Uint8Array } {
    if (this.#relatives?.of === of) return this.#relatives
    const [past, future] = [new Uint8Array(this.nodes.length), new Uint8Array(this.nodes.length)]
    const start = this.#positions.get(of) ?? 0
    past[start] = 1
    for (let at = start; at >= 0; at--) if (past[at] === 1) for (const parent of this.parentsOf(at)) past[parent] = 1
    future[start] = 1
    for (let at = start + 1; at < this.nodes.length; at++)
      if (this.parentsOf(at).some((parent) => future[parent] === 1)) future[at] = 1
    this.#relatives = { of, past, future }
    return this.#relatives
  }

  /** Positions of the parents of the node at a position, without those at the cut. */
  parentsOf(at: number): number[] {
    const positions: number[] = []
    for (const parent of this.nodes[at]?.parents ?? []) {
      const position = this.#positions.get(parent)
      if (position !== undefined) positions.push(position)
    }
    return positions
  }
}

/** Where in a chain the first number stands that is not below. */
function firstFrom(line: Line, sequence: number): number {
  let [low, high] = [0, line.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((line[middle]?.command.sequence ?? 0) < sequence) low = middle + 1
    else high = middle
  }
  return low
}

function indexSubjects(nodes: readonly GraphNode[]): Map<string, Map<string, GraphNode[]>> {
  const bySubject = new Map<string, Map<string, GraphNode[]>>()
  for (const node of nodes) {
    const { kind } = node.act
    if (kind !== 'AddDevice' && kind !== 'AdmitDevice' && kind !== 'AssignRole' && kind !== 'RevokeRole') continue
    const subject = subjectOf(node.act)
    const lines = bySubject.get(subject) ?? new Map<string, GraphNode[]>()
    bySubject.set(subject, lines)
    push(lines, node.command.authorHex, node)
  }
  return bySubject
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
