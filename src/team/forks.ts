import type { GraphNode } from './graph.ts'
import { areBeside, countOf, hasIn, Lineage, linesOf, nothing, type Known, type Place } from './lineage.ts'
import { isPlanted } from './planted.ts'
import { bySeniority, discredits, withdraws } from './reducers.ts'
import { forkView, subjectOf } from './origin.ts'
import type { Suffix } from './suffix.ts'

/** How the forks of one device are decided. */
export interface DecidedFork {
  /** How many of its commands are lost. */
  readonly lost: number
  /** Hex ids of those that are lost since the last one that stands, sorted: what its next command will have seen. */
  readonly open: readonly string[]
}

/** What R1 found after one cut. */
export interface Forks {
  /** Commands with another of their author beside them. */
  readonly sides: ReadonlySet<GraphNode>
  readonly decide: (trial: ReadonlySet<GraphNode>, before: ReadonlyMap<string, DecidedFork>) => ForksDecided
}

export interface ForksDecided {
  /** What is lost, by another command of its author: the one beside it that stands, or one it was signed in error about. */
  readonly lost: ReadonlyMap<GraphNode, GraphNode>
  /** Of the devices with sides after the cut. */
  readonly forks: ReadonlyMap<string, DecidedFork>
}

/** Equivocation after a cut (R1). Only authors whose numbers were used twice are looked at. */
export function findForks(suffix: Suffix, isForked: (node: GraphNode) => boolean): Forks {
  const isRuled = !isPlanted('no-fork-rule')
  const lines = [...suffix.authors()].filter(([first]) => isRuled && first !== undefined && isForked(first))
  const lineages = lines.map((line) => new Lineage(suffix, line)).filter((lineage) => lineage.sides().size > 0)
  const sides = new Set(lineages.flatMap((lineage) => [...lineage.sides()]))
  const decide: Forks['decide'] = (trial, before) => {
    const lost = new Map<GraphNode, GraphNode>()
    const forks = new Map<string, DecidedFork>()
    const hearing = new Hearing(suffix, trial)
    for (const lineage of lineages) {
      const { authorHex } = lineage
      const isHeard = (w: GraphNode): boolean => !sides.has(w) && hearing.isHeard(w, authorHex)
      forks.set(authorHex, new Verdicts(suffix, lineage, isHeard).find(lost, before.get(authorHex)))
    }
    return { lost, forks }
  }
  return { sides, decide }
}

/** The forks of these devices after commands of theirs that stand: nothing is open any more. */
export function spokenBy(
  forks: ReadonlyMap<string, DecidedFork>,
  devices: Iterable<string>,
): ReadonlyMap<string, DecidedFork> {
  let spoken = forks
  for (const deviceHex of forks.size === 0 ? [] : devices) {
    const fork = forks.get(deviceHex)
    if (fork === undefined || fork.open.length === 0) continue
    spoken = new Map([...spoken, [deviceHex, { ...fork, open: [] }]])
  }
  return spoken
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

  find(all: Map<GraphNode, GraphNode>, before: DecidedFork = { lost: 0, open: [] }): DecidedFork {
    const lost = new Map<GraphNode, GraphNode>()
    this.#findLosers(lost)
    const views = new Views(this.#lineage, lost, before.open)
    for (const place of this.#lineage.places()) {
      const error = lost.has(place.node) ? undefined : views.errorOf(place)
      if (error !== undefined) lost.set(place.node, error)
      views.add(place)
    }
    for (const [node, by] of lost) all.set(node, by)
    return { lost: before.lost + lost.size, open: views.open() }
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
}

/**
 * What the commands of a forker saw of its forks, against how these are decided now. Of two beside each other one is lost,
 * so those that stand follow each other, and each of them saw what was before it as it is. What a command could have seen
 * otherwise lies after the last of them in its past; all of that is lost now.
 */
class Views {
  readonly #lineage: Lineage
  readonly #lost: ReadonlyMap<GraphNode, GraphNode>
  /** What was open at the cut. */
  readonly #before: readonly string[]
  readonly #standing: Place[] = []
  /** By what is known, which many commands share: what was lost of it since the last that stands. */
  readonly #seen = new Map<Known, { readonly view: string | undefined; readonly example: GraphNode | undefined }>()

  constructor(lineage: Lineage, lost: ReadonlyMap<GraphNode, GraphNode>, before: readonly string[]) {
    this.#lineage = lineage
    this.#lost = lost
    this.#before = before
  }

  add(place: Place): void {
    if (!this.#lost.has(place.node)) this.#standing.push(place)
  }

  /** Where this one's view of the fork was another: one of the commands that it was about. */
  errorOf({ node, known }: Place): GraphNode | undefined {
    if (known.total === 0) return undefined
    let seen = this.#seen.get(known)
    if (seen === undefined) {
      const last = this.#lastIn(known)
      const open = this.#since(last, linesOf(known))
      const ids = last === undefined ? [...this.#before, ...open.map(idOf)] : open.map(idOf)
      const view = ids.length === 0 ? undefined : forkView(ids.sort())
      seen = { view, example: (open.at(-1) ?? last)?.node }
      this.#seen.set(known, seen)
    }
    return seen.view === node.origin.lost ? undefined : seen.example
  }

  /** What is open after all. */
  open(): readonly string[] {
    const last = this.#standing.at(-1)
    const lines = this.#lineage.chains.flatMap((chain, line) => [line, chain.length])
    const open = this.#since(last, Int32Array.from(lines)).map(idOf)
    return (last === undefined ? [...this.#before, ...open] : open).sort()
  }

  /** The last one that stands among what is known: who knows one of them knows all before it. */
  #lastIn(known: Known): Place | undefined {
    let [low, high] = [0, this.#standing.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (hasIn(known, this.#standing[middle] as Place)) low = middle + 1
      else high = middle
    }
    return this.#standing[low - 1]
  }

  /** Of those lines, as far as they go, what `last` has not in its past; without itself. */
  #since(last: Place | undefined, lines: Int32Array): Place[] {
    const since: Place[] = []
    for (let at = 0; at < lines.length; at += 2) {
      const [line, count] = [lines[at] ?? 0, lines[at + 1] ?? 0]
      const own = line === last?.chain ? last.at + 1 : 0
      const from = Math.max(own, last === undefined ? 0 : countOf(last.known, line))
      for (let i = from; i < count; i++) since.push(this.#lineage.chains[line]?.[i] as Place)
    }
    return since
  }
}

function idOf({ node }: Place): string {
  return node.command.idHex
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
