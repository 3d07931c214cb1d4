import { bug, limits, refuse, type Refusal } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import type { Act } from './bodies.ts'
import { CommandList } from './command-list.ts'
import { isBytes, isSame, type Command } from './command.ts'
import type { Recipient } from './epoch.ts'
import type { FactsRow, IndexPage, Row } from './graph-index.ts'
import { RowNode, type GraphNode, type Reading, type Rows } from './graph-node.ts'
import { GrowingInts } from './growing.ts'
import { isSameOrigin, type Origin } from './origin.ts'
import { actAt, Placed, type AuthorFacts, type PlacedCommand } from './placed-command.ts'
import { isPlanted } from './planted.ts'

export type { GraphNode } from './graph-node.ts'

/** Largest own number + 1 per local author number, in a node's past and itself; 0 for none. */
export type Versions = Int32Array

/** One chain of commands of one device. */
interface Author {
  readonly deviceHex: string
  readonly device: Uint8Array
  /** Indexes of its commands by sequence number: the first of each that came. */
  readonly chain: GrowingInts
  /** Where the device forked: the others of a number. */
  readonly twins: Map<number, number[]>
  /** Places of the facts of its last commands, the latest first: most of them share one set. */
  readonly facts: number[]
}

/** So many sets of facts of one author are kept to be shared. */
const factsShared = 8

/** A walk to the next kept versions takes fewer steps than this; a power of two. */
const keptEvery = 64

/**
 * The graph of accepted commands of one team, in memory. Grows only; every walk in it is iterative. What it keeps of a
 * command are rows of numbers, and its bytes: nodes are made when somebody asks for them, and what is read from the bytes
 * is kept of the ones that were read last.
 */
export class Graph implements Rows {
  readonly #list: CommandList
  readonly #nodes: RowNode[] = []
  /** All nodes below are made. */
  #made = 0
  readonly #heads = new Set<number>()
  readonly #authors: Author[] = []
  readonly #authorNumbers = new Map<string, number>()
  readonly #facts: AuthorFacts[] = []
  readonly #kinds: string[] = []
  readonly #kindNumbers = new Map<string, number>()
  readonly #sequences = new GrowingInts()
  readonly #depths = new GrowingInts()
  readonly #factsAt = new GrowingInts()
  /** Kind, times `keptEvery`, and the most steps that a walk from it takes, over all its parents, until all ends are kept. */
  readonly #marks = new GrowingInts()
  /** Parents of all, and where those of each end. */
  readonly #parents = new GrowingInts()
  readonly #parentEnds = new GrowingInts()
  /** Of each RotateKey that names its recipients by a hash, who they are. */
  readonly #recipients = new Map<number, readonly Recipient[]>()
  /** So many facts stand in pages of the index. */
  #factsPaged = 0
  readonly #kept = new Map<number, Versions>()
  #last: { index: number; versions: Versions } | undefined
  #lowestBranch = Infinity
  /** The nodes whose readings are kept, in a ring. */
  readonly #read: RowNode[] = []
  #readNext = 0

  /** `list`: ids and bytes that are there already, whose rows are put in later. */
  constructor(list = new CommandList()) {
    this.#list = list
  }

  /** How many commands there are. */
  get size(): number {
    return this.#sequences.size
  }

  /** The ids from one index to before another, one after the other. */
  ids(from: number, to: number): Uint8Array {
    return this.#list.ids(from, to)
  }

  /** All nodes; made where they were not yet, so for what looks at everything. */
  get nodes(): readonly GraphNode[] {
    for (; this.#made < this.size; this.#made++) this.node(this.#made)
    return this.#nodes
  }

  /** Nodes from one index to before another, as far as there are such. */
  part(from: number, to: number): GraphNode[] {
    const found: GraphNode[] = []
    for (let index = Math.max(0, from); index < Math.min(to, this.size); index++) found.push(this.node(index))
    return found
  }

  /** Nodes of these kinds from an index on; no other command is read. */
  *ofKind(kinds: readonly string[], from = 0): Generator<GraphNode> {
    for (let index = from; index < this.size; index++) if (kinds.includes(this.kind(index))) yield this.node(index)
  }

  /** The one object that stands for the command at an index. */
  node(index: number): GraphNode {
    return (this.#nodes[index] ??= new RowNode(index, this))
  }

  get(idHex: string): GraphNode | undefined {
    const index = this.#list.find(idHex)
    return index < 0 || index >= this.size ? undefined : this.node(index)
  }

  has(idHex: string): boolean {
    const index = this.#list.find(idHex)
    return index >= 0 && index < this.size
  }

  /** Commands that no known command names as a parent, by (depth, id). */
  heads(): GraphNode[] {
    return [...this.#heads].sort((a, b) => this.compare(a, b)).map((index) => this.node(index))
  }

  get headCount(): number {
    return this.#heads.size
  }

  /** True where these are all heads, in any order. */
  isAtHeads(nodes: readonly GraphNode[]): boolean {
    return nodes.length === this.#heads.size && nodes.every(({ index }) => this.#heads.has(index))
  }

  /** Order of two commands by (depth, id). */
  compare(a: number, b: number): number {
    return this.#depths.at(a) - this.#depths.at(b) || this.#list.compare(a, b)
  }

  /** The lowest index such that all commands added since this was asked last have that one, or a later one, as a parent. */
  takeLowestBranch(): number {
    const lowest = this.#lowestBranch
    this.#lowestBranch = Infinity
    return lowest
  }

  /** Of commands that all before them led to, those that all after them descend from. */
  stableAmong(indexes: readonly number[]): Set<number> {
    const stable = new Set<number>()
    let lowest = Infinity
    for (let index = this.size - 1; index >= 0; index--) {
      if (lowest >= index && indexes.includes(index)) stable.add(index)
      lowest = Math.min(lowest, Math.max(-1, ...this.#parentsAt(index)))
    }
    return stable
  }

  /** Structure against the graph: new, parents, depth, number. ERR_TEAM_DUPLICATE, _BAD_PARENT, _BAD_DEPTH, _BAD_SEQUENCE. */
  place(command: Command): readonly GraphNode[] | Refusal {
    if (this.has(command.idHex)) return refuse('ERR_TEAM_DUPLICATE', { what: 'the command is in the graph' })
    const parents: GraphNode[] = []
    for (const parent of command.parentHexes) {
      const node = this.get(parent)
      if (node === undefined && isPlanted('skip-parent-check')) continue
      if (node === undefined) return refuse('ERR_TEAM_BAD_PARENT', { why: 'a parent is not in the graph' })
      parents.push(node)
    }
    if ((parents.length === 0) !== (this.size === 0))
      return refuse('ERR_TEAM_BAD_PARENT', { why: 'one command of a team has no parents, the first' })
    const depth = 1 + parents.reduce((most, { index }) => Math.max(most, this.#depths.at(index)), -1)
    if (command.depth !== depth) return refuse('ERR_TEAM_BAD_DEPTH', { found: command.depth, expected: depth })
    const sequence = this.nextSequence(parents, command.authorHex)
    if (command.sequence !== sequence)
      return refuse('ERR_TEAM_BAD_SEQUENCE', { found: command.sequence, expected: sequence })
    if (!this.#isAntichain(parents)) return refuse('ERR_TEAM_BAD_PARENT', { why: 'one is an ancestor of another' })
    return parents
  }

  add(command: Command, { act, parents, origin }: Pick<GraphNode, 'act' | 'parents' | 'origin'>): GraphNode {
    const index = this.#list.push(command.id, command.bytes)
    const latest = parents.reduce((most, parent) => Math.max(most, parent.index), -1)
    if (index > 0) this.#lowestBranch = Math.min(this.#lowestBranch, latest)
    const { kind, sequence, depth } = command
    this.#put({
      kind,
      sequence,
      depth,
      parents: parents.map((parent) => parent.index),
      facts: this.#factsOf(command, origin),
    })
    if (act.kind === 'RotateKey' && isBytes(command.body['recipients']))
      this.#recipients.set(index, act.body.recipients as readonly Recipient[])
    return this.node(index)
  }

  /** 1 + the largest number among the author's own commands in the past of who has these parents. */
  nextSequence(parents: readonly GraphNode[], authorHex: string): number {
    const author = this.#authorNumbers.get(authorHex)
    if (author === undefined) return 0
    const [only] = parents
    // Of its author's commands in its past, a command is the last.
    if (parents.length === 1 && only !== undefined && this.author(only.index) === author)
      return this.#sequences.at(only.index) + 1
    return Math.max(0, ...parents.map((parent) => this.versions(parent)[author] ?? 0))
  }

  /** True where `x` is in the past of `y` (not `y` itself). */
  isBefore(x: GraphNode, y: GraphNode): boolean {
    if (x.index >= y.index || this.#depths.at(x.index) >= this.#depths.at(y.index)) return false
    if (this.isForked(x)) return this.#walksTo(x.index, y.index)
    return (this.versions(y)[this.author(x.index)] ?? 0) > this.#sequences.at(x.index)
  }

  /** Every device that authored something: its largest number, and whether it forked. */
  frontier(): { device: Uint8Array; deviceHex: string; sequence: number; forked: boolean }[] {
    return this.#authors.map(({ device, deviceHex, chain, twins }) => ({
      device,
      deviceHex,
      sequence: chain.size - 1,
      forked: twins.size > 0,
    }))
  }

  /** Largest number of a device, or -1. */
  lastSequence(deviceHex: string): number {
    const author = this.#authorNumbers.get(deviceHex)
    return author === undefined ? -1 : (this.#authors[author]?.chain.size ?? 0) - 1
  }

  /** Commands of a device with these numbers, both included. */
  range(deviceHex: string, from: number, to: number): GraphNode[] {
    const author = this.#authors[this.#authorNumbers.get(deviceHex) ?? -1]
    const found: GraphNode[] = []
    if (author === undefined) return found
    const { chain, twins } = author
    for (let sequence = from; sequence <= to && sequence < chain.size; sequence++) {
      found.push(this.node(chain.at(sequence)))
      for (const twin of twins.get(sequence) ?? []) found.push(this.node(twin))
    }
    return found
  }

  /** True where the author of a node signed two commands with one number. */
  isForked({ index }: GraphNode): boolean {
    return (this.#authors[this.author(index)]?.twins.size ?? 0) > 0
  }

  /** Devices that signed two commands with one number. */
  forked(): string[] {
    return this.#authors.filter(({ twins }) => twins.size > 0).map(({ deviceHex }) => deviceHex)
  }

  versions({ index }: GraphNode): Versions {
    return this.#versionsAt(index)
  }

  // --- the index on disk ---

  /** The page of the index for the commands from one on; pages are asked for one after the other. */
  page(first: number, to = this.size): IndexPage {
    const rows: Row[] = []
    const recipients = new Map<number, readonly Recipient[]>()
    for (let index = first; index < to; index++) {
      rows.push(this.#rowAt(index))
      const named = this.#recipients.get(index)
      if (named !== undefined) recipients.set(index, named)
    }
    const factsFrom = first === 0 ? 0 : this.#factsPaged
    const most = rows.reduce((most, { facts }) => Math.max(most, facts + 1), factsFrom)
    this.#factsPaged = most
    const facts = this.#facts.slice(factsFrom, most).map(({ device, key, generation, origin }): FactsRow => ({
      ...{ device, key, generation, origin },
    }))
    return { first, rows, factsFrom, facts, recipients }
  }

  /** Takes in the rows of commands whose ids and bytes are there. False where they do not follow what is there. */
  restore({ first, rows, factsFrom, facts, recipients }: IndexPage): boolean {
    if (first !== this.size || factsFrom !== this.#facts.length || first + rows.length > this.#list.size) return false
    for (const { device, key, generation, origin } of facts)
      this.#addFacts(this.#numberOf({ author: device, authorHex: toHex(device) }), { key, generation, origin })
    this.#factsPaged = this.#facts.length
    for (const row of rows) {
      const isSound = row.facts < this.#facts.length && row.parents.every((parent) => parent >= 0 && parent < this.size)
      if (!isSound) return false
      this.#put(row)
    }
    for (const [index, named] of recipients) this.#recipients.set(index, named)
    return true
  }

  #rowAt(index: number): Row {
    const [sequence, depth] = [this.#sequences.at(index), this.#depths.at(index)]
    return { kind: this.kind(index), sequence, depth, parents: this.#parentsAt(index), facts: this.#factsAt.at(index) }
  }

  // --- what nodes are read from ---

  command(index: number): PlacedCommand {
    const [sequence, depth] = [this.#sequences.at(index), this.#depths.at(index)]
    return new Placed(this.#list, index, { facts: this.#factsFor(index), sequence, depth, kind: this.kind(index) })
  }

  kind(index: number): string {
    return this.#kinds[Math.floor(this.#marks.at(index) / keptEvery)] ?? ''
  }

  act(index: number): Act {
    const act = actAt(this.#list, index, this.kind(index))
    const recipients = this.#recipients.get(index)
    if (act.kind !== 'RotateKey' || recipients === undefined) return act
    return { kind: 'RotateKey', body: { ...act.body, recipients } }
  }

  parents(index: number): readonly GraphNode[] {
    return this.#parentsAt(index).map((parent) => this.node(parent))
  }

  author(index: number): number {
    return this.#factsFor(index).author
  }

  origin(index: number): Origin {
    return this.#factsFor(index).origin
  }

  remember(node: RowNode): Reading {
    const before = this.#read[this.#readNext]
    if (before !== undefined) before.reading = undefined
    this.#read[this.#readNext] = node
    this.#readNext = (this.#readNext + 1) % limits.commandsReadMax
    return {}
  }

  // --- rows ---

  #put({ kind, sequence, depth, parents, facts }: Row): void {
    const index = this.size
    let steps = 1
    for (const parent of parents) {
      this.#heads.delete(parent)
      this.#parents.push(parent)
      steps += this.#marks.at(parent) % keptEvery
    }
    this.#heads.add(index)
    this.#parentEnds.push(this.#parents.size)
    this.#sequences.push(sequence)
    this.#depths.push(depth)
    this.#factsAt.push(facts)
    // Where a walk to the next kept versions would be long, those of this one are kept.
    this.#marks.push(this.#kindNumber(kind) * keptEvery + (steps < keptEvery ? steps : 0))
    this.#chain(index, sequence)
    if (steps >= keptEvery) this.#kept.set(index, this.#versionsAt(index))
  }

  #chain(index: number, sequence: number): void {
    const author = this.#authors[this.author(index)]
    if (author === undefined) throw bug('a command without an author')
    const { chain, twins } = author
    if (sequence === chain.size) chain.push(index)
    else twins.set(sequence, [...(twins.get(sequence) ?? []), index])
  }

  #parentsAt(index: number): number[] {
    const parents: number[] = []
    const from = index === 0 ? 0 : this.#parentEnds.at(index - 1)
    for (let at = from; at < this.#parentEnds.at(index); at++) parents.push(this.#parents.at(at))
    return parents
  }

  #factsFor(index: number): AuthorFacts {
    return this.#facts[this.#factsAt.at(index)] as AuthorFacts
  }

  /** Place of the facts of a command; equal ones of an author's last commands are kept once. */
  #factsOf(command: Command, origin: Origin): number {
    const number = this.#numberOf(command)
    const { facts } = this.#authors[number] as Author
    const { key, generation } = command
    const known = facts.find((place) => {
      const one = this.#facts[place] as AuthorFacts
      return one.generation === generation && isSame(one.key, key) && isSameOrigin(one.origin, origin)
    })
    return known ?? this.#addFacts(number, { key, generation, origin })
  }

  #addFacts(number: number, said: Pick<AuthorFacts, 'key' | 'generation' | 'origin'>): number {
    const { deviceHex, device, facts } = this.#authors[number] as Author
    const place = this.#facts.push({ author: number, device, deviceHex, ...said }) - 1
    facts.unshift(place)
    facts.length = Math.min(facts.length, factsShared)
    return place
  }

  #numberOf({ authorHex, author }: Pick<Command, 'authorHex' | 'author'>): number {
    const known = this.#authorNumbers.get(authorHex)
    if (known !== undefined) return known
    const made: Author = { deviceHex: authorHex, device: author, chain: new GrowingInts(), twins: new Map(), facts: [] }
    const number = this.#authors.push(made) - 1
    this.#authorNumbers.set(authorHex, number)
    return number
  }

  #kindNumber(kind: string): number {
    const known = this.#kindNumbers.get(kind)
    if (known !== undefined) return known
    const number = this.#kinds.push(kind) - 1
    this.#kindNumbers.set(kind, number)
    return number
  }

  // --- ancestry ---

  #versionsAt(index: number): Versions {
    if (this.#last?.index === index) return this.#last.versions
    const versions = new Int32Array(this.#authors.length)
    const seen = new Set<number>()
    const open = [index]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const known = this.#known(at)
      if (known !== undefined) {
        mergeInto(versions, known)
        continue
      }
      const author = this.author(at)
      versions[author] = Math.max(versions[author] ?? 0, this.#sequences.at(at) + 1)
      const end = this.#parentEnds.at(at)
      const from = at === 0 ? 0 : this.#parentEnds.at(at - 1)
      if (end - from === 1) open.push(this.#parents.at(from))
      else
        for (let one = from; one < end; one++) {
          const parent = this.#parents.at(one)
          if (seen.has(parent)) continue
          seen.add(parent)
          open.push(parent)
        }
    }
    this.#last = { index, versions }
    return versions
  }

  #known(index: number): Versions | undefined {
    return this.#kept.get(index) ?? (this.#last?.index === index ? this.#last.versions : undefined)
  }

  #isAntichain(parents: readonly GraphNode[]): boolean {
    return parents.every((a) => parents.every((b) => a === b || !this.isBefore(a, b)))
  }

  /** Ancestry by a walk, bounded by depth: for devices whose numbers no longer tell. */
  #walksTo(x: number, y: number): boolean {
    const seen = new Set<number>([y])
    const open = [y]
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      for (const parent of this.#parentsAt(index)) {
        if (parent === x) return true
        if (this.#depths.at(parent) <= this.#depths.at(x) || seen.has(parent)) continue
        seen.add(parent)
        open.push(parent)
      }
    }
    return false
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
