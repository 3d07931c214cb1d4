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
  /** What is lost, by the command of the same author beside it that stands in its place; what depends on it not included. */
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
    /** By line: the last command of the classes so far. */
    const before = new Map<number, Place>()
    for (const alike of this.#classes) {
      for (const z of alike) {
        const winner = this.#unknownTo(z, before)
        if (winner !== undefined) lost.set(z.node, winner.node)
      }
      if (alike.length > 1) this.#findAmong(alike, lost)
      for (const place of alike) before.set(place.chain, place)
    }
  }

  /** Of those classes, a command that this one has not seen; the first of its line. */
  #unknownTo(z: Place, before: ReadonlyMap<number, Place>): Place | undefined {
    for (const [chain, last] of before) {
      const from = countOf(z.known, chain)
      if (from > last.at) continue
      for (const x of (this.#lineage.chains[chain] ?? []).slice(from)) if (this.#lineage.sides().has(x.node)) return x
    }
    return undefined
  }

  /**
   * Among commands that nobody tells apart: who loses to one beside it, and what follows it without having seen that one.
   * One pass for each that can still cost something; the likely winners first, after whom little is left.
   */
  #findAmong(alike: readonly Place[], lost: Map<GraphNode, GraphNode>): void {
    const kin = new Kin(alike, (place) => this.#withdrawals.some((z) => z === place || hasIn(z.known, place)))
    kin.keep((place) => !lost.has(place.node))
    for (const x of kin.byStrength) {
      if (!kin.mayCost(x, (z) => this.#stays(x, z))) continue
      const falls = new Set<Place>()
      for (const z of alike) {
        if (!areBeside(x, z)) continue
        if (!kin.mothersOf(z).some((mother) => falls.has(mother)) && !this.#stays(x, z)) continue
        falls.add(z)
        if (!lost.has(z.node)) lost.set(z.node, x.node)
      }
      kin.keep((place) => !falls.has(place))
    }
  }

  /** Of two that nobody tells apart, does `x` stay? */
  #stays(x: Place, y: Place): boolean {
    const [isLeaving, leaves] = [this.#isWithdrawn(x, y), this.#isWithdrawn(y, x)]
    return isLeaving === leaves ? x.node.command.idHex < y.node.command.idHex : isLeaving
  }

  /** Does the author withdraw with `x`, or after it, beside `other`? */
  #isWithdrawn(x: Place, other: Place): boolean {
    const isIt = (z: Place): boolean => areBeside(z, other) && withdraws(z.node, other.node)
    return isIt(x) || this.#withdrawals.some((z) => hasIn(z.known, x) && isIt(z))
  }
}

/** Commands of one author that nobody tells apart. */
class Kin {
  /** Who withdraws first, then by id: of two beside each other, the earlier one mostly stays. */
  readonly byStrength: readonly Place[]
  readonly #mothers = new Map<Place, readonly Place[]>()
  readonly #ranks = new Map<Place, number>()
  /** The lowest rank in what a command follows, itself included. */
  readonly #weakest = new Map<Place, number>()
  /** By line: those that have not fallen. */
  #standing = new Map<number, Place[]>()

  constructor(alike: readonly Place[], isLeaving: (place: Place) => boolean) {
    const leaving = new Set(alike.filter(isLeaving))
    this.byStrength = [...alike].sort(
      (a, b) =>
        Number(leaving.has(b)) - Number(leaving.has(a)) || (a.node.command.idHex < b.node.command.idHex ? -1 : 1),
    )
    for (const [rank, place] of this.byStrength.entries()) this.#ranks.set(place, rank)
    const byLine = groupBy(alike, ({ chain }) => chain)
    for (const place of alike) {
      const mothers = lastOf(place, byLine)
      this.#mothers.set(place, mothers)
      const ranks = [place, ...mothers].map((one) => this.#weakest.get(one) ?? this.#ranks.get(one) ?? 0)
      // Where somebody withdraws, ranks alone do not tell who stays.
      this.#weakest.set(place, leaving.size > 0 && mothers.length > 0 ? Infinity : Math.max(...ranks))
    }
    this.#standing = byLine
  }

  /** The last ones of each line that a command has in its past. */
  mothersOf(place: Place): readonly Place[] {
    return this.#mothers.get(place) ?? []
  }

  keep(isStanding: (place: Place) => boolean): void {
    for (const [chain, line] of this.#standing) {
      const left = line.filter(isStanding)
      if (left.length === 0) this.#standing.delete(chain)
      else if (left.length < line.length) this.#standing.set(chain, left)
    }
  }

  /** False only where nobody who stands, or what that one follows, loses to `x`. */
  mayCost(x: Place, stays: (z: Place) => boolean): boolean {
    const rank = this.#ranks.get(x) ?? 0
    for (const [chain, line] of this.#standing) {
      if (chain === x.chain) continue
      const known = countOf(x.known, chain)
      for (let i = firstFrom(line, known); i < line.length; i++) {
        const z = line[i] as Place
        if (hasIn(z.known, x)) break
        if ((this.#weakest.get(z) ?? 0) > rank || stays(z)) return true
      }
    }
    return false
  }
}

function lastOf({ known }: Place, byLine: ReadonlyMap<number, readonly Place[]>): Place[] {
  const last: Place[] = []
  for (const [chain, count] of linesOf(known)) {
    const line = byLine.get(chain) ?? []
    const place = line[firstFrom(line, count) - 1]
    if (place !== undefined) last.push(place)
  }
  return last
}

/** Where the first of a line stands that is not before that place. */
function firstFrom(line: readonly Place[], from: number): number {
  let [low, high] = [0, line.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((line[middle]?.at ?? 0) < from) low = middle + 1
    else high = middle
  }
  return low
}

/** The witnesses that count, by standing, the best first. */
function testimoniesOf(suffix: Suffix, lineage: Lineage, isHeard: (w: GraphNode) => boolean): Testimony[] {
  const all = new Map<string, Testimony>()
  for (const [at, node] of suffix.nodes.entries()) {
    const known = lineage.knownAt(at)
    if (node.command.authorHex === lineage.authorHex || known.total === 0) continue
    const key = `${node.origin.rank} ${node.origin.seniority.idHex}`
    const testimony = all.get(key) ?? { witness: node, known: nothing, steps: 0, first: new Map<GraphNode, number>() }
    if (testimony.known === known || !isHeard(node)) continue
    all.set(key, testimony)
    for (const [chain, count] of linesOf(known))
      for (let i = countOf(testimony.known, chain); i < count; i++)
        testimony.first.set((lineage.chains[chain]?.[i] as Place).node, testimony.steps)
    testimony.known = known
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

/** By rank, then seniority; ids of witnesses do not count. Negative where `a` is the better one. */
function byStanding(a: GraphNode, b: GraphNode): number {
  return b.origin.rank - a.origin.rank || bySeniority(a, b)
}
