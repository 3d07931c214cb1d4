import { limits } from '../base/index.ts'
import { compareBytes, equalBytes, toHex } from '../codec/index.ts'
import { sha256 } from '../keys/index.ts'
import type { Core } from './core.ts'
import type { Frame, RangeBound } from './frames.ts'
import type { GraphNode } from './graph.ts'
import type { Ingest } from './ingest.ts'
import type { Link } from './link.ts'

const start: RangeBound = [0, new Uint8Array(32)]
/** Announcements of what the other side lacks in one range; the rest comes with the next round. */
const announceMax = 1_000

/**
 * Where frontiers agree and heads do not, a device forked, and numbers no longer name commands. Then the sets are
 * compared by (depth, id) ranges, halved until they are small enough to be listed; at most 32 rounds.
 */
export class RangeFallback {
  readonly #core: Core
  readonly #ingest: Ingest
  #sorted: GraphNode[] = []

  constructor(core: Core, ingest: Ingest) {
    this.#core = core
    this.#ingest = ingest
  }

  /** Opens the comparison with a peer. */
  start(link: Link): void {
    this.#send(link, start, null, 1)
  }

  /** Answers a RANGE of a member; whom we only ask (`TEAM.md` 6) learns no ids. */
  range(link: Link, frame: Frame<'range'>): void {
    if (!this.#core.isMember(link)) return
    if (frame.round > limits.syncRangeRoundsMax || link.ranges.available(this.#core.now) < 1) return
    link.ranges.take(1)
    const own = this.#between(frame.from, frame.to)
    if (own.length === frame.count && equalBytes(hashOf(own), frame.hash)) return
    if (frame.ids !== null) this.#compare(link, own, frame.ids)
    else if (own.length <= limits.syncRangeIdsMax) this.#send(link, frame.from, frame.to, frame.round + 1)
    else {
      const middle = own[own.length >> 1]
      if (middle === undefined) return
      const half: RangeBound = [middle.command.depth, middle.command.id]
      this.#send(link, frame.from, half, frame.round + 1)
      this.#send(link, half, frame.to, frame.round + 1)
    }
  }

  #compare(link: Link, own: readonly GraphNode[], ids: readonly Uint8Array[]): void {
    const theirs = new Set(ids.map(toHex))
    const missing = ids.filter((id) => !this.#ingest.holds(toHex(id)))
    if (missing.length > 0) {
      const credit = Math.max(0, limits.syncCreditBytesMax - link.granted)
      link.granted += credit
      this.#core.send(link, { t: 'want', ids: missing, ranges: [], credit })
    }
    const extra = own.filter(({ command }) => !theirs.has(command.idHex)).slice(0, announceMax)
    for (let at = 0; at < extra.length; at += limits.announceIdsMax) {
      const some = extra.slice(at, at + limits.announceIdsMax)
      this.#core.send(link, { t: 'announce', ids: some.map(({ command }) => command.id) })
    }
  }

  #send(link: Link, from: RangeBound, to: RangeBound | null, round: number): void {
    const own = this.#between(from, to)
    const ids = own.length <= limits.syncRangeIdsMax ? own.map(({ command }) => command.id) : null
    this.#core.send(link, { t: 'range', from, to, count: own.length, hash: hashOf(own), ids, round })
  }

  #between(from: RangeBound, to: RangeBound | null): GraphNode[] {
    const { graph } = this.#core
    if (this.#sorted.length !== graph.size)
      this.#sorted = graph.nodes.toSorted((a, b) => graph.compare(a.index, b.index))
    const first = this.#lowest(from)
    return this.#sorted.slice(first, to === null ? undefined : this.#lowest(to))
  }

  /** Place of the first node at or above a bound. */
  #lowest([depth, id]: RangeBound): number {
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const command = this.#sorted[middle]?.command
      if (command === undefined) break
      const isBelow = command.depth < depth || (command.depth === depth && compareBytes(command.id, id) < 0)
      if (isBelow) low = middle + 1
      else high = middle
    }
    return low
  }
}

function hashOf(nodes: readonly GraphNode[]): Uint8Array {
  const ids = new Uint8Array(32 * nodes.length)
  for (const [i, { command }] of nodes.entries()) ids.set(command.id, 32 * i)
  return sha256(ids)
}
