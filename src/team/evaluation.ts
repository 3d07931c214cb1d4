import { asHyraxError, bug, limits } from '../base/index.ts'
import { apply } from './apply.ts'
import type { Act } from './bodies.ts'
import { check } from './check.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Command } from './command.ts'
import type { Graph, GraphNode } from './graph.ts'
import { Heap } from './heap.ts'
import { isPlanted } from './planted.ts'
import type { Role } from './policy.ts'
import { RecentMap } from './recent-map.ts'
import { spokenBy } from './forks.ts'
import { noCut, resolve, type Cut, type Resolved } from './resolution.ts'
import { asRole, originFacts, replayFacts, type Setback, type Standing } from './ruling.ts'
import type { TeamState } from './state.ts'

/** Every this many nodes what they and their past amount to is kept, as long as so many came since; */
const keptEvery = 64
const keptNear = 8_192
/** of the older ones, every this many. States share what they have in common, and still each is some ten KiB. */
const keptFar = 1_024

/**
 * The state of a graph, computed from the set of commands alone (`TEAM.md` 4). For one command `k`, what `past(k) ∪ {k}`
 * amounts to never changes; so those serve as cuts: where all that is asked for passes through a `k` that is known, only
 * what lies after it is resolved (`resolve` says why nothing crosses it).
 */
export class Evaluation {
  readonly #graph: Graph
  readonly #kept = new Map<number, Cut>()
  readonly #unread = new Map<number, () => Cut | undefined>()
  readonly #after = new RecentMap<number, Cut>(limits.viewsRememberedMax)
  readonly #views = new RecentMap<string, Cut>(limits.viewsRememberedMax)
  /** Of all commands, those that are not effective, by index. */
  readonly #setbacks = new Map<number, Setback>()
  /** For commands beside a Decrease of their author: which roles they could not have been made with. */
  readonly #failing = new Map<number, Map<string, boolean>>()
  #changed = new Set<GraphNode>()
  #current: Cut | undefined
  /** What all commands amounted to when that was known last. */
  #last: Cut = noCut
  /** That they cannot be resolved is a bug of ours: what was thrown, and by how many commands. */
  #failure: { readonly what: string; readonly size: number } | undefined

  constructor(graph: Graph) {
    this.#graph = graph
    if (graph.size === 0) this.#setCurrent(noCut)
  }

  /** The state of all commands; while they cannot be resolved, the one that was known last. Never throws. */
  current(): TeamState {
    return this.#now().state
  }

  /** Why the commands cannot be resolved, which is a bug of ours; undefined where they can. */
  failure(): string | undefined {
    this.#now()
    return this.#failure?.what
  }

  /** `view` of a command with these parents: the state of their common past and themselves. */
  view(parents: readonly GraphNode[]): TeamState {
    return this.at(parents).state
  }

  /** What a command and its past amount to, whose check succeeded on `before`, what was there at its parents. */
  after(before: Cut, act: Act, command: Command): Cut {
    // After a command nothing of its past is beside it, so it is applied and no order is in question.
    return { ...before, state: apply(before.state, act, command), forks: spokenBy(before.forks, [command.authorHex]) }
  }

  /** Takes in a node that was just added to the graph. */
  took(node: GraphNode, after: Cut): void {
    this.#remember(node, after)
    this.#changed.add(node)
    const stale = isPlanted('stale-checkpoint') ? this.#current : undefined
    this.#setCurrent(this.#graph.isAtHeads([node]) ? after : stale && onTop(stale, node))
  }

  /** All that is needed to go on from the one head, without what was before it. */
  checkpoint(node: GraphNode): Checkpoint {
    const cut = this.at([node])
    this.#kept.set(node.index, cut)
    return { node, cut, setbacks: new Map([...this.#setbacks].map(([index, one]) => [this.#graph.node(index), one])) }
  }

  /** Goes on from a checkpoint: of its past nothing is looked at. For an evaluation that has not been asked anything yet. */
  restore({ node, cut, setbacks }: Checkpoint): void {
    this.#kept.set(node.index, cut)
    for (const [one, setback] of setbacks) this.#setbacks.set(one.index, setback)
    this.#last = cut
    if (this.#graph.isAtHeads([node])) this.#setCurrent(cut)
  }

  /** A cut that is read when a late branch asks for it; undefined where it is not what was written. */
  keepUnread(index: number, read: () => Cut | undefined): void {
    this.#unread.set(index, read)
  }

  /** What a command is now. */
  standing(node: GraphNode): Standing {
    this.#now()
    return this.#setbacks.get(node.index) ?? 'effective'
  }

  /** How many of a device's commands are lost because it signed others beside them (R1). */
  lostInForks(deviceHex: string): number {
    return this.#now().forks.get(deviceHex)?.lost ?? 0
  }

  /** Commands that were taken in, or whose standing changed, since this was asked last. */
  takeChanged(): GraphNode[] {
    if (this.failure() !== undefined) return []
    const changed = [...this.#changed]
    this.#changed = new Set()
    return changed
  }

  #now(): Cut {
    // What has failed once is not tried again before there is another command.
    if (this.#current === undefined && this.#failure?.size !== this.#graph.size) {
      try {
        const { suffix, resolved } = this.#resolve(this.#graph.heads())
        this.#settle(suffix, resolved)
        const { state, forks, isPlain } = resolved
        this.#setCurrent({ state, forks, isPlain })
      } catch (error) {
        this.#failure = { what: asHyraxError(error).message, size: this.#graph.size }
      }
    }
    return this.#current ?? this.#last
  }

  #setCurrent(cut: Cut | undefined): void {
    this.#current = cut
    if (cut === undefined) return
    this.#last = cut
    this.#failure = undefined
  }

  /** What commands and their past amount to. */
  at(parents: readonly GraphNode[]): Cut {
    const [only] = parents
    if (only === undefined) return noCut
    // At the heads it is the present, whose resolution also settles what every command is.
    if (this.#graph.isAtHeads(parents)) {
      const now = this.#now()
      // Nothing is judged on a state that is not that of its past.
      if (this.#current === undefined) throw bug(`the commands cannot be resolved: ${this.failure() ?? ''}`)
      return now
    }
    if (parents.length === 1) return this.#known(only) ?? this.#remember(only, this.#cutAt(parents))
    const key = parents.map(({ index }) => index).join()
    const known = this.#views.get(key)
    if (known !== undefined) return known
    const cut = this.#cutAt(parents)
    this.#views.set(key, cut)
    return cut
  }

  #cutAt(heads: readonly GraphNode[]): Cut {
    const { state, forks, isPlain } = this.#resolve(heads).resolved
    return { state, forks, isPlain }
  }

  #known(node: GraphNode): Cut | undefined {
    return this.#kept.get(node.index) ?? this.#after.get(node.index) ?? this.#readCut(node)
  }

  #readCut({ index }: GraphNode): Cut | undefined {
    const cut = this.#unread.get(index)?.()
    this.#unread.delete(index)
    if (cut !== undefined) this.#kept.set(index, cut)
    return cut
  }

  #remember(node: GraphNode, cut: Cut): Cut {
    const { index } = node
    if (index % keptEvery !== 0) {
      this.#after.set(index, cut)
      return cut
    }
    this.#kept.set(index, cut)
    const old = index - keptNear
    if (old % keptFar !== 0) this.#kept.delete(old)
    return cut
  }

  #settle(suffix: readonly GraphNode[], { setbacks }: Resolved): void {
    for (const node of suffix) {
      const [before, after] = [this.#setbacks.get(node.index), setbacks.get(node)]
      if (before?.verdict !== after?.verdict || before?.code !== after?.code) this.#changed.add(node)
      if (after === undefined) this.#setbacks.delete(node.index)
      else this.#setbacks.set(node.index, after)
    }
  }

  #resolve(heads: readonly GraphNode[]): { suffix: readonly GraphNode[]; resolved: Resolved } {
    const near = this.#cut(heads, () => true)
    const resolved = resolve(this.#graph, near.suffix, near.cut, this.#failsAs)
    if (resolved !== undefined) return { suffix: near.suffix, resolved }
    const far = this.#cut(heads, ({ isPlain }) => isPlain)
    const again = resolve(this.#graph, far.suffix, far.cut, this.#failsAs)
    if (again === undefined) throw bug('a plain cut does not serve')
    return { suffix: far.suffix, resolved: again }
  }

  /**
   * Walks back from the heads, latest arrival first, until all that is left open is one node of which is known what it and
   * its past amount to. What was collected by then descends from that node: its parents were collected too, or are it.
   */
  #cut(heads: readonly GraphNode[], isGood: (cut: Cut) => boolean): { cut: Cut; suffix: GraphNode[] } {
    const open = new Heap<GraphNode>((a, b) => a.index > b.index)
    const seen = new Set<number>()
    const visit = (node: GraphNode): void => {
      if (seen.has(node.index)) return
      seen.add(node.index)
      open.push(node)
    }
    const suffix: GraphNode[] = []
    for (const head of heads) visit(head)
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const cut = open.size === 0 ? this.#known(node) : undefined
      if (cut !== undefined && isGood(cut)) return { cut, suffix }
      suffix.push(node)
      for (const parent of node.parents) visit(parent)
    }
    return { cut: noCut, suffix }
  }

  /** Would the check of a command at its origin fail if its author held that role? Found once for each role. */
  readonly #failsAs = (node: GraphNode, role: Role): boolean => {
    const known = this.#failing.get(node.index) ?? new Map<string, boolean>()
    this.#failing.set(node.index, known)
    const name = role.builtin ? role.role : `${role.role} ${role.rank} ${[...role.permissions].sort().join()}`
    let fails = known.get(name)
    if (fails === undefined) {
      const view = asRole(this.view(node.parents), node.command.authorHex, role)
      fails = check(view, node.act, node.command, originFacts) !== undefined
      known.set(name, fails)
    }
    return fails
  }
}

/** What the planted bug of stale checkpoints makes of a late command: it is put on the state that was. */
function onTop(cut: Cut, { act, command }: GraphNode): Cut {
  const isLawful = check(cut.state, act, command, replayFacts) === undefined
  return isLawful ? { ...cut, state: apply(cut.state, act, command) } : cut
}
