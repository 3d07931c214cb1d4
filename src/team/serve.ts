import { limits } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import type { Core } from './core.ts'
import type { Frame } from './frames.ts'
import type { GraphNode } from './graph.ts'
import type { Link } from './link.ts'

/** Room for the array, the lengths and the frame's name. */
const frameOverhead = 1_024

/** Answers WANT: topological order, never beyond the credit granted, within the session's budget and the peer's rate. */
export class Serve {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Takes a WANT. Whom we do not know for a member yet is not served; what it grants counts once we do. */
  wanted(link: Link, frame: Frame<'want'>): void {
    link.credit = Math.min(link.credit + frame.credit, limits.syncSessionBytesMax)
    if (!this.#core.isMember(link)) return
    if (frame.ids.length + frame.ranges.length > 0) link.asked = frame
    this.pump(link)
  }

  /** Sends what credit, rate and budget allow. */
  pump(link: Link): void {
    this.#lookUp(link)
    while (link.outbox.length > 0) {
      if (this.#isSpent(link)) {
        this.#done(link)
        return
      }
      const batch = this.#nextBatch(link)
      if (batch.length === 0) return
      const commands = batch.map(({ command }) => command.bytes)
      const bytes = commands.reduce((sum, command) => sum + command.length, 0)
      link.credit -= bytes
      link.served.take(bytes)
      link.session.bytes += bytes
      link.session.commands += batch.length
      link.outbox = link.outbox.slice(batch.length)
      for (const { command } of batch) this.#core.note(command.idHex, link.peer)
      this.#core.send(link, { t: 'commands', commands })
      if (link.outbox.length === 0) this.#done(link)
    }
  }

  /** True where time alone will let a peer have more. */
  isWaiting(link: Link): boolean {
    const [first] = link.outbox
    return link.asked !== undefined || (first !== undefined && first.command.bytes.length <= link.credit)
  }

  /** Begins a session, or adds to the one that is on. Who asks for much waits: a tiny question must not cost much. */
  #lookUp(link: Link): void {
    const { asked } = link
    if (asked === undefined || link.lookups.available(this.#core.now) < 1) return
    link.asked = undefined
    if (link.outbox.length === 0) link.session = { bytes: 0, commands: 0, since: this.#core.now, beyond: 0 }
    link.outbox = this.#merge(link, asked)
    if (link.outbox.length === 0) this.#done(link)
  }

  #isSpent({ session }: Link): boolean {
    return (
      session.bytes >= limits.syncSessionBytesMax ||
      session.commands >= limits.syncSessionCommandsMax ||
      this.#core.now - session.since > limits.syncSessionMsMax
    )
  }

  #nextBatch(link: Link): GraphNode[] {
    let room = Math.min(
      limits.syncFrameBytesMax - frameOverhead,
      link.credit,
      link.served.available(this.#core.now),
      limits.syncSessionBytesMax + limits.commandBytesMax - link.session.bytes,
    )
    const batch: GraphNode[] = []
    for (const node of link.outbox) {
      // Three more bytes a command: its length in front of it.
      room -= node.command.bytes.length + 3
      if (room < 0 || batch.length >= limits.syncCommandsMax) break
      batch.push(node)
    }
    return batch
  }

  #merge(link: Link, frame: Frame<'want'>): GraphNode[] {
    const { graph } = this.#core
    const wanted = new Map(link.outbox.map((node) => [node.index, node]))
    const add = (node: GraphNode | undefined): void => {
      if (node === undefined || wanted.has(node.index)) return
      if (wanted.size < limits.syncSessionCommandsMax) wanted.set(node.index, node)
      else link.session.beyond++
    }
    let looked = wanted.size
    for (const id of frame.ids) add(graph.get(toHex(id)))
    for (const [device, from, to] of frame.ranges) {
      const deviceHex = toHex(device)
      const last = Math.min(to, from + limits.syncSessionCommandsMax - wanted.size)
      const found = graph.range(deviceHex, from, last)
      link.session.beyond += Math.max(0, Math.min(to, graph.lastSequence(deviceHex)) - last)
      looked += found.length
      for (const node of found) add(node)
    }
    link.lookups.take(looked + frame.ids.length + frame.ranges.length)
    return [...wanted.values()].sort((a, b) => a.index - b.index)
  }

  #done(link: Link): void {
    const remaining = link.outbox.length + link.session.beyond
    link.outbox = []
    const core = this.#core
    core.send(link, {
      t: 'done',
      ...core.claims(),
      remaining,
    })
  }
}
