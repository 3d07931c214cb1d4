import { limits } from '../base/index.ts'
import { fromHex, toHex } from '../codec/index.ts'
import type { Core } from './core.ts'
import type { GraphNode } from './graph.ts'
import type { Ingest, Known } from './ingest.ts'
import type { Link } from './link.ts'

/** More than this many at once are left to sync: a HELLO tells of them. */
const spreadMax = 16
/** An announced id is remembered this long at most, and asked for once per sender. */
const awaitedMax = 10_000
/** Of those, so many at most were announced by one peer first: one that makes ids up leaves room for the others. */
const awaitedPerPeerMax = 1_000
/** Of those who announced an id, so many are asked for it, one after the other. */
const askedMax = 8

/** An id that was announced and is not here. */
interface Awaited {
  at: number
  readonly first: string
  readonly peers: string[]
}

/**
 * Gossip: PUSH, ANNOUNCE, and WANT for what stays away. An author tells all its peers. Whoever sends on learns, author by
 * author, which of its peers have the commands before it can tell them: these are left out but for a reminder to a few,
 * until one of them asks. So a tree of pushes forms per author, and a branch of it that breaks grows again from who asks.
 */
export class Gossip {
  readonly #core: Core
  readonly #ingest: Ingest
  readonly #awaited = new Map<string, Awaited>()
  /** How many of them each peer announced first. */
  readonly #awaitedOf = new Map<string, number>()
  /** Ids of which a few peers are reminded, by hex. */
  readonly #reminders = new Map<string, Uint8Array>()
  /** When the first of those that wait is due: announcements, reminders, questions. */
  readonly #due = { announce: Infinity, remind: Infinity, ask: Infinity }

  constructor(core: Core, ingest: Ingest) {
    this.#core = core
    this.#ingest = ingest
  }

  /** Spreads commands that have just become durable. */
  spread(nodes: readonly GraphNode[]): void {
    if (nodes.length > spreadMax) {
      for (const link of this.#core.links.values()) if (!link.isSending) this.#core.greetSoon(link)
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
        const node = this.#core.nodeOf(idHex)
        if (node !== undefined) link.elsewhere.set(node.command.authorHex, true)
        continue
      }
      const awaited = this.#awaited.get(idHex)
      if (awaited !== undefined) {
        if (awaited.peers.length < askedMax && !awaited.peers.includes(link.peer)) awaited.peers.push(link.peer)
      } else this.#await(idHex, { at, first: link.peer, peers: [link.peer] })
    }
  }

  #await(idHex: string, awaited: Awaited): void {
    const own = this.#awaitedOf.get(awaited.first) ?? 0
    if (this.#awaited.size >= awaitedMax || own >= awaitedPerPeerMax) return
    this.#awaited.set(idHex, awaited)
    this.#awaitedOf.set(awaited.first, own + 1)
    this.#due.ask = Math.min(this.#due.ask, awaited.at)
  }

  #forget(idHex: string, { first }: Awaited): void {
    this.#awaited.delete(idHex)
    const left = (this.#awaitedOf.get(first) ?? 0) - 1
    if (left > 0) this.#awaitedOf.set(first, left)
    else this.#awaitedOf.delete(first)
  }

  /** Was pushed what was here: the sender is told so at once, unless it knows, and need not send us this author's again. */
  knew(link: Link, { id, authorHex, wasShown }: Known): void {
    if (authorHex !== undefined) link.elsewhere.set(authorHex, true)
    if (!wasShown) this.#core.send(link, { t: 'announce', ids: [id] })
  }

  /** Who asks for a command has no other way to its author: the next ones are pushed to it again. */
  asked(link: Link, ids: readonly Uint8Array[]): void {
    for (const id of ids) {
      const node = this.#core.nodeOf(toHex(id))
      if (node !== undefined) link.elsewhere.delete(node.command.authorHex)
    }
  }

  /** Sends the announcements that have gathered, and asks for what stayed away. */
  tick(): void {
    const { now, links } = this.#core
    if (this.#due.announce <= now) {
      this.#due.announce = Infinity
      for (const link of links.values()) this.#flush(link)
    }
    if (this.#due.remind <= now) this.#remind()
    if (this.#due.ask <= now) this.#askForAwaited()
  }

  /** When a tick is wanted next. */
  nextAt(): number {
    return Math.min(this.#due.announce, this.#due.remind, this.#due.ask)
  }

  #spreadOne(node: GraphNode): void {
    const { command } = node
    const isOwn = command.authorHex === this.#core.deviceHex
    const { open, closed } = this.#sort(node)
    // Everybody sends on what is new to it, so whoever is not its author needs to push to few. The others are announced
    // the first command, and then have to ask, or are left out from then on.
    const eager = isOwn ? limits.pushEagerMax : limits.pushRelayMax
    if (open.length > eager) this.#shuffle(open)
    const told = isOwn ? [...open, ...closed] : open
    for (const link of told.slice(0, eager)) {
      this.#core.note(command.idHex, link.peer)
      this.#core.send(link, { t: 'push', command: command.bytes })
      if (isOwn) this.#greetAt(link, this.#core.now + limits.syncHelloPushedMs)
    }
    for (const link of told.slice(eager)) {
      link.elsewhere.set(command.authorHex, true)
      this.#announce(link, command)
      if (isOwn) this.#greetAt(link, this.#core.now + limits.syncHelloOwnMs)
    }
    if (!isOwn && closed.length > 0) this.#remindLater(command)
  }

  /** Members that have not got it: those to be pushed to, and those who have this author's commands from elsewhere. */
  #sort({ command: { idHex, authorHex } }: GraphNode): { open: Link[]; closed: Link[] } {
    const [open, closed]: [Link[], Link[]] = [[], []]
    const announcers = this.#awaited.get(idHex)?.peers ?? []
    const isHolder = this.#core.holdersOf(idHex)
    for (const link of this.#core.links.values()) {
      if (!this.#core.isMember(link) || link.deviceHex === authorHex) continue
      const isElsewhere = link.elsewhere.has(authorHex)
      if (isHolder(link.peer) || announcers.includes(link.peer)) {
        if (!isElsewhere) link.elsewhere.set(authorHex, true)
      } else if (isElsewhere) closed.push(link)
      else open.push(link)
    }
    return { open, closed }
  }

  #greetAt(link: Link, at: number): void {
    link.helloAt = Math.min(link.helloAt, at)
  }

  /** Not at once: most hear of it by a PUSH in the meantime and say so, and what gathers goes in one frame. */
  #announce(link: Link, what: Link['announce'][number]): void {
    link.announce.push(what)
    const spare = limits.announceGatherMsMax - limits.announceGatherMsMin
    if (link.announceAt === Infinity)
      link.announceAt = this.#core.now + limits.announceGatherMsMin + this.#core.draw(spare)
    this.#due.announce = Math.min(this.#due.announce, link.announceAt)
  }

  #flush(link: Link): void {
    if (link.announceAt > this.#core.now) {
      this.#due.announce = Math.min(this.#due.announce, link.announceAt)
      return
    }
    link.announceAt = Infinity
    const ids = link.announce
    link.announce = []
    this.#tell(link, ids)
  }

  /** Announces what a peer has not shown; false where there is nothing of that. */
  #tell(link: Link, commands: Link['announce']): boolean {
    const unknown = commands.filter(({ idHex }) => !this.#core.hasShown(idHex, link.peer))
    for (const { idHex } of unknown) this.#core.note(idHex, link.peer)
    for (let at = 0; at < unknown.length; at += limits.announceIdsMax) {
      const ids = unknown.slice(at, at + limits.announceIdsMax).map(({ id }) => id)
      this.#core.send(link, { t: 'announce', ids })
    }
    return unknown.length > 0
  }

  #remindLater({ id, idHex }: Link['announce'][number]): void {
    const { now } = this.#core
    // More than that is told by the next HELLO.
    if (this.#reminders.size < limits.announceIdsMax) this.#reminders.set(idHex, id)
    if (this.#due.remind === Infinity) this.#due.remind = now + limits.remindMsMin + this.#core.draw(limits.remindMsMin)
  }

  /** Tells a few of those who need not be told: were one of them cut off, somebody's reminder reaches it. */
  #remind(): void {
    this.#due.remind = Infinity
    const commands = Array.from(this.#reminders, ([idHex, id]) => ({ idHex, id }))
    this.#reminders.clear()
    const links = [...this.#core.links.values()].filter((link) => this.#core.isMember(link))
    this.#shuffle(links)
    let reminded = 0
    for (const link of links) {
      if (reminded === limits.remindedPeersMax) return
      if (this.#tell(link, commands)) reminded++
    }
  }

  #askForAwaited(): void {
    const wanted = new Map<string, Uint8Array[]>()
    this.#due.ask = Infinity
    for (const [idHex, awaited] of this.#awaited) {
      const isDue = awaited.at <= this.#core.now
      const peer = isDue ? awaited.peers.shift() : undefined
      if (this.#ingest.holds(idHex) || (isDue && peer === undefined)) {
        this.#forget(idHex, awaited)
        continue
      }
      if (peer !== undefined) {
        awaited.at = this.#core.now + limits.announceWaitMs
        const ids = wanted.get(peer)
        if (ids === undefined) wanted.set(peer, [fromHex(idHex)])
        else ids.push(fromHex(idHex))
      }
      this.#due.ask = Math.min(this.#due.ask, awaited.at)
    }
    for (const [peer, ids] of wanted) this.#ask(peer, ids)
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
