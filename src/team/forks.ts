import type { GraphNode } from './graph.ts'
import { areBeside, countOf, hasIn, Lineage, linesOf, nothing, type Known, type Place } from './lineage.ts'
import { isPlanted } from './planted.ts'
import { bySeniority, discredits, withdraws } from './reducers.ts'
import { subjectOf } from './origin.ts'
import type { Suffix } from './suffix.ts'

/** What R1 found after one cut. */
export interface Forks {
  /** Commands with another of their author beside them. */
  readonly sides: ReadonlySet<GraphNode>
  /** What is lost, by another command of its author: the one beside it that stands, or one it was signed in error about. */
  readonly lost: (trial: ReadonlySet<GraphNode>) => ReadonlyMap<GraphNode, GraphNode>
}

/** Equivocation after a cut (R1). Only authors whose numbers were used twice are looked at. */
export function findForks(suffix: Suffix, isForked: (node: GraphNode) => boolean): Forks {
  const isRuled = !isPlanted('no-fork-rule')
  const lines = [...suffix.authors()].filter(([first]) => isRuled && first !== undefined && isForked(first))
  const lineages = lines.map((line) => new Lineage(suffix, line))
  const sides = new Set(lineages.flatMap((lineage) => [...lineage.sides()]))
  const lost = (trial: ReadonlySet<GraphNode>): Map<GraphNode, GraphNode> => {
    const all = new Map<GraphNode, GraphNode>()
    const hearing = new Hearing(suffix, trial)
    for (const lineage of lineages) {
      if (lineage.sides().size === 0) continue
      const isHeard = (w: GraphNode): boolean => !sides.has(w) && hearing.isHeard(w, lineage.authorHex)
      new Verdicts(suffix, lineage, isHeard).find(all)
    }
    return all
  }
  return { sides, lost }
}

const none: readonly string[] = []

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

/** Witnesses of one standing: what of the forker's they knew last, and with which of them each command became known. */
interface Testimony {
  readonly witness: GraphNode
  known: Known
  lines: Int32Array
  steps: number
  readonly first: Map<GraphNode, number>
}

/**
 * Who loses among the lines of one forker. A witness counts only if its author has nothing beside it, so the witnesses of
 * one standing follow each other: one of them has `x` and not `y` just where `x` became known to them before `y`. So the
 * best witness decides for the command that the best standing knew first; where that knew both at once, or neither, the next
 * one. That is an order of classes: a command loses to all that is beside it and of a class before its own, and a later one
 * of a line is never of an earlier class. Within a class nobody has seen a difference; there it is who withdraws, then ids.
 */
class Verdicts {
  readonly #lineage: Lineage
  /** Sides of the fork by class, the class that stands against all others first; each parents first. */
  readonly #classes: readonly (readonly Place[])[]
  readonly #withdrawals: readonly Place[]

  constructor(suffix: Suffix, lineage: Lineage, isHeard: (w: GraphNode) => boolean) {
    this.#lineage = lineage
    const sides = lineage.places().filter(({ node }) => lineage.sides().has(node))
    this.#classes = classesOf(sides, testimoniesOf(suffix, lineage, isHeard))
    this.#withdrawals = sides.filter(({ node: { act } }) => act.kind === 'RemoveDevice' || act.kind === 'RetireKey')
  }

  find(lost: Map<GraphNode, GraphNode>): void {
    this.#findLosers(lost)
    if (lost.size > 0) this.#findErrors(lost)
  }

  #findLosers(lost: Map<GraphNode, GraphNode>): void {
    /** By line: the last command of the classes so far. */
    const before = new Map<number, Place>()
    for (const alike of this.#classes) {
      const isLeaving = (place: Place): boolean => this.#withdrawals.some((z) => z === place || hasIn(z.known, place))
      const leaving = new Set(alike.length === 1 || this.#withdrawals.length === 0 ? [] : alike.filter(isLeaving))
      const byStrength = [...alike].sort((a, b) => Number(leaving.has(b)) - Number(leaving.has(a)) || byId(a, b))
      for (const z of alike) {
        const winner = this.#unknownTo(z, before) ?? this.#strongerThan(z, byStrength, leaving.size > 0)
        if (winner !== undefined) lost.set(z.node, winner.node)
      }
      for (const place of alike) before.set(place.chain, place)
    }
  }

  /** Of those classes, a command that this one has not seen; the first of its line. */
  #unknownTo(z: Place, before: ReadonlyMap<number, Place>): Place | undefined {
    for (const [chain, last] of before) {
      const line = this.#lineage.chains[chain] ?? []
      for (let at = countOf(z.known, chain); at <= last.at; at++) {
        const x = line[at]
        if (x !== undefined && this.#lineage.sides().has(x.node)) return x
      }
    }
    return undefined
  }

  /** Among commands that nobody tells apart, likely winners first: one beside `z` to which it loses. */
  #strongerThan(z: Place, byStrength: readonly Place[], isLeft: boolean): Place | undefined {
    for (const x of byStrength) {
      // Where nobody withdraws, what comes after it has a larger id.
      if (x === z && !isLeft) return undefined
      if (areBeside(x, z) && this.#stays(x, z)) return x
    }
    return undefined
  }

  /** Of two that nobody tells apart, does `x` stay? */
  #stays(x: Place, y: Place): boolean {
    const [isLeaving, leaves] = [this.#isWithdrawn(x, y), this.#isWithdrawn(y, x)]
    return isLeaving === leaves ? byId(x, y) < 0 : isLeaving
  }

  /** Does the author withdraw with `x`, or after it, beside `other`? */
  #isWithdrawn(x: Place, other: Place): boolean {
    const isIt = (z: Place): boolean => areBeside(z, other) && withdraws(z.node, other.node)
    return isIt(x) || this.#withdrawals.some((z) => hasIn(z.known, x) && isIt(z))
  }

  /** What was signed in a view in which others than those of its past that are lost had lost: parents first. */
  #findErrors(lost: Map<GraphNode, GraphNode>): void {
    const tally = new Tally(this.#lineage, lost)
    for (const place of this.#lineage.places()) {
      const error = tally.errorOf(place)
      if (error !== undefined && !lost.has(place.node)) lost.set(place.node, error)
      tally.add(place)
    }
  }
}

/** Counts what is lost along the lines of a forker. */
class Tally {
  readonly #lineage: Lineage
  readonly #lost: ReadonlyMap<GraphNode, GraphNode>
  /** By line: how many are lost up to each place. */
  readonly #sums: number[][] = []
  /** The same in what commands know of other lines; most of those that follow each other share it. */
  readonly #others = new Map<Int32Array, number>()
  /** What views found lost, as far as it lies after the cut, and whether it all is. */
  readonly #views = new Map<readonly string[], { ids: ReadonlySet<string>; error: GraphNode | undefined }>()

  constructor(lineage: Lineage, lost: ReadonlyMap<GraphNode, GraphNode>) {
    this.#lineage = lineage
    this.#lost = lost
  }

  add({ node, chain, at }: Place): void {
    const sums = (this.#sums[chain] ??= [])
    sums[at] = (sums[at - 1] ?? 0) + Number(this.#lost.has(node))
  }

  /** One of the author's commands that this one's view found lost and which is not, or the other way round. */
  errorOf({ node, known }: Place): GraphNode | undefined {
    const { ids, error } = this.#viewOf(node.origin.lost ?? none)
    if (error !== undefined || this.#lostIn(known) === ids.size) return error
    const isMissed = ({ node: one }: Place): boolean => this.#lost.has(one) && !ids.has(one.command.idHex)
    const lines = linesOf(known)
    for (let at = 0; at < lines.length; at += 2) {
      // What was missed last: where a line is followed, that is at its end.
      const missed = this.#lineage.chains[lines[at] ?? 0]?.slice(0, lines[at + 1]).findLast(isMissed)
      if (missed !== undefined) return missed.node
    }
    return undefined
  }

  #lostIn({ chain, count, others }: Known): number {
    let sum = this.#others.get(others)
    if (sum === undefined) {
      sum = 0
      for (let at = 0; at < others.length; at += 2) sum += this.#sumOf(others[at] ?? 0, others[at + 1] ?? 0)
      this.#others.set(others, sum)
    }
    return sum + this.#sumOf(chain, count)
  }

  #sumOf(chain: number, count: number): number {
    return this.#sums[chain]?.[count - 1] ?? 0
  }

  #viewOf(lost: readonly string[]): { ids: ReadonlySet<string>; error: GraphNode | undefined } {
    let view = this.#views.get(lost)
    if (view === undefined) {
      const nodes = lost.map((id) => this.#lineage.node(id)).filter((node) => node !== undefined)
      const error = nodes.find((node) => !this.#lost.has(node))
      view = { ids: new Set(nodes.map(({ command }) => command.idHex)), error }
      this.#views.set(lost, view)
    }
    return view
  }
}

/** The witnesses that count, by standing, the best first. */
function testimoniesOf(suffix: Suffix, lineage: Lineage, isHeard: (w: GraphNode) => boolean): Testimony[] {
  const all = new Map<string, Testimony>()
  for (const [at, node] of suffix.nodes.entries()) {
    const known = lineage.knownAt(at)
    if (node.command.authorHex === lineage.authorHex || known.total === 0) continue
    const key = `${node.origin.rank} ${node.origin.seniority.idHex}`
    const testimony = all.get(key) ?? {
      ...{ witness: node, known: nothing, lines: nothing.others, steps: 0, first: new Map<GraphNode, number>() },
    }
    if (testimony.known === known || !isHeard(node)) continue
    all.set(key, testimony)
    const lines = linesOf(known)
    for (let line = 0, before = 0; line < lines.length; line += 2) {
      const chain = lines[line] ?? 0
      while ((testimony.lines[before] ?? Infinity) < chain) before += 2
      const from = testimony.lines[before] === chain ? (testimony.lines[before + 1] ?? 0) : 0
      for (let i = from; i < (lines[line + 1] ?? 0); i++)
        testimony.first.set((lineage.chains[chain]?.[i] as Place).node, testimony.steps)
    }
    testimony.known = known
    testimony.lines = lines
    testimony.steps++
  }
  return [...all.values()].sort((a, b) => byStanding(a.witness, b.witness))
}

/** Commands that became known to each standing at once stay together; the others are parted, the earlier known first. */
function classesOf(sides: readonly Place[], testimonies: readonly Testimony[]): Place[][] {
  let classes = [[...sides]]
  for (const { first } of testimonies)
    classes = classes.flatMap((alike) => {
      if (alike.length === 1) return [alike]
      const parted = groupBy(alike, ({ node }) => first.get(node) ?? Infinity)
      return [...parted].sort(([a], [b]) => a - b).map(([, part]) => part)
    })
  return classes
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return groups
}

function byId(a: Place, b: Place): number {
  return a.node.command.idHex < b.node.command.idHex ? -1 : 1
}

/** By rank, then seniority; ids of witnesses do not count. Negative where `a` is the better one. */
function byStanding(a: GraphNode, b: GraphNode): number {
  return b.origin.rank - a.origin.rank || bySeniority(a, b)
}
