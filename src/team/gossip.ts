import { limits } from '../base/index.ts'
import { fromHex, toHex } from '../codec/index.ts'
import type { Core } from './core.ts'
import type { GraphNode } from './graph.ts'
import type { Ingest } from './ingest.ts'
import type { Link } from './link.ts'

/** More than this many at once are left to sync: a HELLO tells of them. */
const spreadMax = 16
/** An announced id is remembered this long at most, and asked for once per sender. */
const awaitedMax = 10_000
/** Of those who announced an id, so many are asked for it, one after the other. */
const askedMax = 8

/** Gossip: PUSH to up to 8 peers that have not shown a command, ANNOUNCE to the others, WANT for what stays away. */
export class Gossip {
  readonly #core: Core
  readonly #ingest: Ingest
  readonly #awaited = new Map<string, { at: number; peers: string[] }>()

  constructor(core: Core, ingest: Ingest) {
    this.#core = core
    this.#ingest = ingest
  }

  /** Spreads commands that have just become durable. */
  spread(nodes: readonly GraphNode[]): void {
    if (nodes.length > spreadMax) {
      for (const link of this.#core.links.values())
        link.helloAt = Math.min(link.helloAt, Math.max(this.#core.now, link.greetedAt + limits.syncHelloSoonMs))
      return
    }
    for (const node of nodes) this.#spreadOne(node)
  }

  /** Remembers announced ids, to ask for them if they stay away. */
  announced(link: Link, ids: readonly Uint8Array[]): void {
    const at = this.#core.now + limits.announceWaitMs
    for (const id of ids) {
      const idHex = toHex(id)
      if (this.#ingest.holds(idHex)) {
        this.#core.note(idHex, link.peer)
        continue
      }
      const awaited = this.#awaited.get(idHex)
      if (awaited !== undefined) {
        if (awaited.peers.length < askedMax && !awaited.peers.includes(link.peer)) awaited.peers.push(link.peer)
      } else if (this.#awaited.size < awaitedMax) this.#awaited.set(idHex, { at, peers: [link.peer] })
    }
  }

  /** Sends the announcements that have gathered, and asks for what stayed away. */
  tick(): void {
    for (const link of this.#core.links.values()) this.#flush(link)
    const wanted = new Map<string, Uint8Array[]>()
    for (const [idHex, awaited] of this.#awaited) {
      if (this.#ingest.holds(idHex)) this.#awaited.delete(idHex)
      if (awaited.at > this.#core.now || !this.#awaited.has(idHex)) continue
      const peer = awaited.peers.shift()
      if (peer === undefined) {
        this.#awaited.delete(idHex)
        continue
      }
      awaited.at = this.#core.now + limits.announceWaitMs
      wanted.set(peer, [...(wanted.get(peer) ?? []), fromHex(idHex)])
    }
    for (const [peer, ids] of wanted) this.#ask(peer, ids)
  }

  /** When a tick is wanted next. */
  nextAt(): number {
    let at = Infinity
    for (const awaited of this.#awaited.values()) at = Math.min(at, awaited.at)
    for (const link of this.#core.links.values()) at = Math.min(at, link.announceAt)
    return at
  }

  #spreadOne(node: GraphNode): void {
    const { idHex, id, bytes } = node.command
    const links = [...this.#core.links.values()].filter(
      (link) => this.#core.isMember(link) && !this.#core.hasShown(idHex, link.peer),
    )
    this.#shuffle(links)
    // Everybody sends on what is new to it, so whoever is not its author needs to tell but few.
    const eager = node.command.authorHex === this.#core.deviceHex ? limits.pushEagerMax : limits.pushRelayMax
    for (const [i, link] of links.entries()) {
      if (i < eager) {
        this.#core.note(idHex, link.peer)
        this.#core.send(link, { t: 'push', command: bytes })
      } else this.#announce(link, { id, idHex })
    }
  }

  /** Not at once: most hear of it by a PUSH in the meantime and say so, and what gathers goes in one frame. */
  #announce(link: Link, what: Link['announce'][number]): void {
    link.announce.push(what)
    const spare = limits.announceGatherMsMax - limits.announceGatherMsMin
    if (link.announceAt === Infinity)
      link.announceAt = this.#core.now + limits.announceGatherMsMin + this.#core.draw(spare)
  }

  #flush(link: Link): void {
    if (link.announceAt > this.#core.now) return
    link.announceAt = Infinity
    const unknown = link.announce.filter(({ idHex }) => !this.#core.hasShown(idHex, link.peer))
    link.announce = []
    for (const { idHex } of unknown) this.#core.note(idHex, link.peer)
    for (let at = 0; at < unknown.length; at += limits.announceIdsMax) {
      const ids = unknown.slice(at, at + limits.announceIdsMax).map(({ id }) => id)
      this.#core.send(link, { t: 'announce', ids })
    }
  }

  #ask(peer: string, ids: readonly Uint8Array[]): void {
    const link = this.#core.links.get(peer)
    if (link === undefined) return
    for (let at = 0; at < ids.length; at += limits.wantEntriesMax) {
      const credit = Math.max(0, limits.syncCreditBytesMax - link.granted)
      link.granted += credit
      this.#core.send(link, { t: 'want', ids: ids.slice(at, at + limits.wantEntriesMax), ranges: [], credit })
    }
  }

  #shuffle(links: Link[]): void {
    for (let i = links.length - 1; i > 0; i--) {
      const j = this.#core.draw(i + 1)
      const [a, b] = [links[i], links[j]]
      if (a !== undefined && b !== undefined) [links[i], links[j]] = [b, a]
    }
  }
}
