import { bug, limits, refuse, type Refusal } from '../base/index.ts'
import type { Act } from './bodies.ts'
import { isSame, type Command } from './command.ts'
import { isPlanted } from './planted.ts'
import { isSameOrigin, type Origin } from './origin.ts'
import { Placed, SharedBytes, type PlacedCommand } from './placed-command.ts'

/** A command in its place. `index` counts in local arrival order, parents first. */
export interface GraphNode {
  readonly index: number
  readonly command: PlacedCommand
  readonly act: Act
  readonly parents: readonly GraphNode[]
  /** Local number of the author. */
  readonly author: number
  readonly origin: Origin
}

/** Largest own number + 1 per local author number, in a node's past and itself; 0 for none. */
export type Versions = Int32Array

/** One chain of commands of one device. */
interface Author {
  readonly deviceHex: string
  readonly device: Uint8Array
  /** The signing key of its last command. */
  key: Uint8Array
  /** By sequence number; a list is a fork. */
  readonly bySequence: (GraphNode | GraphNode[])[]
  /** The facts of its last commands: most of them share one set. */
  readonly origins: Origin[]
  forked: boolean
}

/** So many sets of facts of one author are kept to be shared. */
const originsShared = 8

/** A walk to the next kept versions takes fewer steps than this. */
const keptEvery = 64

/** The graph of accepted commands of one team, in memory. Grows only; every walk in it is iterative. */
export class Graph {
  readonly nodes: GraphNode[] = []
  readonly #byId = new Map<string, GraphNode>()
  readonly #heads = new Map<string, GraphNode>()
  readonly #authors: Author[] = []
  readonly #authorNumbers = new Map<string, number>()
  readonly #bytes = new SharedBytes()
  readonly #kept = new Map<number, Versions>()
  /** At most so many steps a walk from each node takes, over all its parents, until all its ends are kept. */
  readonly #steps: number[] = []
  #last: { index: number; versions: Versions } | undefined

  get(idHex: string): GraphNode | undefined {
    return this.#byId.get(idHex)
  }

  has(idHex: string): boolean {
    return this.#byId.has(idHex)
  }

  /** Commands that no known command names as a parent, by (depth, id). */
  heads(): GraphNode[] {
    return [...this.#heads.values()].sort(byDepthAndId)
  }

  /** True where these are all heads, in any order. */
  isAtHeads(nodes: readonly GraphNode[]): boolean {
    return nodes.length === this.#heads.size && nodes.every((node) => this.#heads.has(node.command.idHex))
  }

  /** Structure against the graph: new, parents, depth, number. ERR_TEAM_DUPLICATE, _BAD_PARENT, _BAD_DEPTH, _BAD_SEQUENCE. */
  place(command: Command): readonly GraphNode[] | Refusal {
    if (this.#byId.has(command.idHex)) return refuse('ERR_TEAM_DUPLICATE', { what: 'the command is in the graph' })
    const parents: GraphNode[] = []
    for (const parent of command.parentHexes) {
      const node = this.#byId.get(parent)
      if (node === undefined && isPlanted('skip-parent-check')) continue
      if (node === undefined) return refuse('ERR_TEAM_BAD_PARENT', { why: 'a parent is not in the graph' })
      parents.push(node)
    }
    if ((parents.length === 0) !== (this.nodes.length === 0))
      return refuse('ERR_TEAM_BAD_PARENT', { why: 'one command of a team has no parents, the first' })
    const depth = nextDepth(parents)
    if (command.depth !== depth) return refuse('ERR_TEAM_BAD_DEPTH', { found: command.depth, expected: depth })
    const sequence = this.nextSequence(parents, command.authorHex)
    if (command.sequence !== sequence)
      return refuse('ERR_TEAM_BAD_SEQUENCE', { found: command.sequence, expected: sequence })
    if (!this.#isAntichain(parents)) return refuse('ERR_TEAM_BAD_PARENT', { why: 'one is an ancestor of another' })
    return parents
  }

  add(command: Command, rest: Pick<GraphNode, 'act' | 'parents' | 'origin'>): GraphNode {
    const author = this.#numberOf(command)
    const { act, parents } = rest
    const origin = this.#shared(rest.origin, author)
    const node: GraphNode = {
      index: this.nodes.length,
      command: this.#trim(command, author),
      act: this.#bytes.share(act),
      parents,
      author,
      origin,
    }
    this.nodes.push(node)
    this.#byId.set(command.idHex, node)
    for (const parent of node.parents) this.#heads.delete(parent.command.idHex)
    this.#heads.set(command.idHex, node)
    this.#chain(node)
    this.#keepVersions(node)
    return node
  }

  /** 1 + the largest number among the author's own commands in the past of who has these parents. */
  nextSequence(parents: readonly GraphNode[], authorHex: string): number {
    const author = this.#authorNumbers.get(authorHex)
    if (author === undefined) return 0
    return Math.max(0, ...parents.map((parent) => this.versions(parent)[author] ?? 0))
  }

  /** True where `x` is in the past of `y` (not `y` itself). */
  isBefore(x: GraphNode, y: GraphNode): boolean {
    if (x.index >= y.index || x.command.depth >= y.command.depth) return false
    if (this.#authors[x.author]?.forked === true) return this.#walksTo(x, y)
    return (this.versions(y)[x.author] ?? 0) > x.command.sequence
  }

  /** Every device that authored something: its largest number, and whether it forked. */
  frontier(): { device: Uint8Array; deviceHex: string; sequence: number; forked: boolean }[] {
    return this.#authors.map(({ device, deviceHex, bySequence, forked }) => ({
      device,
      deviceHex,
      sequence: bySequence.length - 1,
      forked,
    }))
  }

  /** Largest number of a device, or -1. */
  lastSequence(deviceHex: string): number {
    const author = this.#authorNumbers.get(deviceHex)
    return author === undefined ? -1 : (this.#authors[author]?.bySequence.length ?? 0) - 1
  }

  /** Commands of a device with these numbers, both included. */
  range(deviceHex: string, from: number, to: number): GraphNode[] {
    const author = this.#authorNumbers.get(deviceHex)
    return author === undefined ? [] : (this.#authors[author]?.bySequence.slice(from, to + 1).flat() ?? [])
  }

  /** True where the author of a node signed two commands with one number. */
  isForked({ author }: GraphNode): boolean {
    return this.#authors[author]?.forked === true
  }

  /** Devices that signed two commands with one number. */
  forked(): string[] {
    return this.#authors.filter(({ forked }) => forked).map(({ deviceHex }) => deviceHex)
  }

  versions(node: GraphNode): Versions {
    if (this.#last?.index === node.index) return this.#last.versions
    const versions = new Int32Array(this.#authors.length)
    const seen = new Set<number>()
    const open = [node]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const known = this.#known(at.index)
      if (known !== undefined) {
        mergeInto(versions, known)
        continue
      }
      versions[at.author] = Math.max(versions[at.author] ?? 0, at.command.sequence + 1)
      const [only] = at.parents
      if (at.parents.length === 1 && only !== undefined) open.push(only)
      else
        for (const parent of at.parents) {
          if (seen.has(parent.index)) continue
          seen.add(parent.index)
          open.push(parent)
        }
    }
    this.#last = { index: node.index, versions }
    return versions
  }

  #known(index: number): Versions | undefined {
    return this.#kept.get(index) ?? (this.#last?.index === index ? this.#last.versions : undefined)
  }

  /** Keeps the versions of a node where a walk from it to the next kept ones would be long. */
  #keepVersions(node: GraphNode): void {
    const steps = 1 + node.parents.reduce((sum, parent) => sum + (this.#steps[parent.index] ?? 0), 0)
    this.#steps.push(steps < keptEvery ? steps : 0)
    if (steps >= keptEvery) this.#kept.set(node.index, this.versions(node))
  }

  #isAntichain(parents: readonly GraphNode[]): boolean {
    return parents.every((a) => parents.every((b) => a === b || !this.isBefore(a, b)))
  }

  /** Ancestry by a walk, bounded by depth: for devices whose numbers no longer tell. */
  #walksTo(x: GraphNode, y: GraphNode): boolean {
    const seen = new Set<number>([y.index])
    const open = [y]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const parent of node.parents) {
        if (parent === x) return true
        if (parent.command.depth <= x.command.depth || seen.has(parent.index)) continue
        seen.add(parent.index)
        open.push(parent)
      }
    }
    return false
  }

  #chain(node: GraphNode): void {
    const author = this.#authors[node.author]
    if (author === undefined) throw bug('a node without an author')
    const { sequence } = node.command
    const same = author.bySequence[sequence]
    if (same === undefined) author.bySequence[sequence] = node
    else {
      if (Array.isArray(same)) same.push(node)
      else author.bySequence[sequence] = [same, node]
      author.forked = true
    }
  }

  /** One object for equal facts of an author's last commands. */
  #shared(origin: Origin, number: number): Origin {
    const origins = this.#authors[number]?.origins ?? []
    const known = origins.find((one) => isSameOrigin(one, origin))
    if (known !== undefined) return known
    origins.unshift(origin)
    origins.length = Math.min(origins.length, originsShared)
    return origin
  }

  /** Shares what many commands have in common, and lets go of the rest. */
  #trim(command: Command, number: number): PlacedCommand {
    const author = this.#authors[number]
    if (author === undefined) throw bug('a command without an author')
    if (!isSame(author.key, command.key)) author.key = command.key
    return new Placed(command, author)
  }

  #numberOf(command: Command): number {
    const known = this.#authorNumbers.get(command.authorHex)
    if (known !== undefined) return known
    const { author: device, authorHex: deviceHex, key } = command
    const number = this.#authors.push({ deviceHex, device, key, bySequence: [], origins: [], forked: false }) - 1
    this.#authorNumbers.set(command.authorHex, number)
    return number
  }
}

/**
 * Parents that a new command of a device names: all heads, or the 16 smallest by (depth, id). Where its own last command is
 * in the past of none of these, a head that has it takes the last place: else the device would fork itself.
 */
export function chooseParents(graph: Graph, deviceHex: string): GraphNode[] {
  const heads = graph.heads()
  const chosen = heads.slice(0, limits.commandParentsMax)
  const last = graph.lastSequence(deviceHex)
  const [own] = last < 0 ? [] : graph.range(deviceHex, last, last)
  if (own === undefined || chosen.length === heads.length) return chosen
  const hasOwn = (head: GraphNode): boolean => head === own || graph.isBefore(own, head)
  const other = chosen.some(hasOwn) ? undefined : heads.find(hasOwn)
  return other === undefined ? chosen : [...chosen.slice(0, -1), other]
}

function mergeInto(versions: Versions, known: Versions): void {
  for (let author = 0; author < known.length; author++) {
    const sequence = known[author] ?? 0
    if (sequence > (versions[author] ?? 0)) versions[author] = sequence
  }
}

/** 1 + the largest parent depth; 0 without parents. */
export function nextDepth(parents: readonly GraphNode[]): number {
  return parents.length === 0 ? 0 : 1 + Math.max(...parents.map(({ command }) => command.depth))
}

/** Order of two nodes by (depth, id). */
export function byDepthAndId(a: GraphNode, b: GraphNode): number {
  return a.command.depth - b.command.depth || (a.command.idHex < b.command.idHex ? -1 : 1)
}
