import { limits, type ErrorCode } from '../base/index.ts'
import { equalBytes, fromHex, toHex, concatBytes } from '../codec/index.ts'
import type { Core } from './core.ts'
import { BoxesRoom } from './boxes-room.ts'
import { boxBytes, hashOfBoxes, type Recipient } from './epoch.ts'
import type { Frame } from './frames.ts'
import type { GraphNode } from './graph.ts'
import type { Link } from './link.ts'

/** First wait before boxes that nobody had are asked for again; doubles up to `retryMsMax`. */
const retryMs = 500
const retryMsMax = 30_000
/** Wanted boxes are looked at again at least this often. */
const askMs = 1_000
/** While time alone will let a peer have more, it is looked at again after this. */
const pumpMs = 100

/** Boxes that an accepted RotateKey names and that are not here yet. */
interface Wanted {
  readonly length: number
  /** Peers that were asked in this round and did not deliver. */
  readonly asked: Set<string>
  /** Peers that sent something else in their place: they are not asked again. */
  readonly liars: Set<string>
  rounds: number
  at: number
}

/** The one question under way. */
interface Question {
  readonly hashHex: string
  readonly link: Link
  readonly parts: Map<number, Uint8Array>
  at: number
}

/** What one peer asked for, in order; the first of it may have been read from disk. */
interface Queue {
  readonly hashes: string[]
  loaded: { readonly bytes: Uint8Array; sent: number } | undefined
  isReading: boolean
}

/**
 * Boxes of epochs: which are named, which are here, and their way between members, by hash. Only what an accepted
 * RotateKey names is asked for or kept, of exactly the size it must have; one question is under way at a time, and what a
 * peer is sent comes out of the same credit, rate and budget as commands.
 */
export class Boxes {
  readonly #core: Core
  /** Hex hashes of boxes that are durable. */
  readonly #held: Set<string>
  /** Verified, and on their way to the disk. */
  readonly #keeping = new Map<string, Uint8Array>()
  readonly #wanted = new Map<string, Wanted>()
  readonly #queues = new Map<Link, Queue>()
  /** What a peer was ever asked for on its link: answers that come late are no offence. */
  readonly #askedOf = new WeakMap<Link, Set<string>>()
  #question: Question | undefined
  /** Nobody needs to be asked before: many may be wanted that nobody has, and every step comes by here. */
  #askAt = 0
  /** How many of the graph's commands have been looked at. */
  #seen = 0
  readonly #room: BoxesRoom
  /** The place of this device's box among those of each hash; -1 where it has none. */
  readonly #places = new Map<string, number>()
  /** Boxes that had to go, by hex hash. */
  readonly #gone = new Set<string>()

  constructor(core: Core, held: Iterable<string>, bytesMax?: number) {
    this.#core = core
    this.#held = new Set(held)
    this.#room = new BoxesRoom(bytesMax)
  }

  /** True where these boxes are here. */
  has(hashHex: string): boolean {
    return this.#held.has(hashHex) || this.#keeping.has(hashHex)
  }

  /** Keeps boxes made here. They are written before the command that names them, so that both are durable or neither. */
  keep(hash: Uint8Array, bytes: Uint8Array): void {
    const hashHex = toHex(hash)
    this.#wanted.delete(hashHex)
    if (this.has(hashHex)) return
    this.#keeping.set(hashHex, bytes)
    this.#core.emit({ kind: 'keep-boxes', hash, bytes })
  }

  /** These are durable now. */
  kept(hash: Uint8Array): void {
    const hashHex = toHex(hash)
    this.#keeping.delete(hashHex)
    this.#held.add(hashHex)
    // They had to go while they were written.
    if (this.#gone.has(hashHex)) this.#drop(hashHex)
  }

  /** Takes the hashes among what a peer asked for; ids of commands are not ours. */
  asked(link: Link, ids: readonly Uint8Array[]): void {
    if (!this.#core.isMember(link)) return
    for (const id of ids) {
      const hashHex = toHex(id)
      if (this.#core.graph.has(hashHex)) continue
      const queue = this.#queueOf(link)
      if (queue.hashes.length < limits.wantEntriesMax && !queue.hashes.includes(hashHex)) queue.hashes.push(hashHex)
    }
  }

  /** The disk's answer: null where the boxes are gone or are not what their hash says. They are fetched again then. */
  read(hash: Uint8Array, found: Uint8Array | null): void {
    const hashHex = toHex(hash)
    const bytes = found !== null && equalBytes(hashOfBoxes(found), hash) ? found : null
    if (bytes === null && this.#held.delete(hashHex)) this.#seen = 0
    for (const queue of this.#queues.values()) {
      if (!queue.isReading || queue.hashes[0] !== hashHex) continue
      queue.isReading = false
      if (bytes !== null) queue.loaded = { bytes, sent: 0 }
    }
  }

  /** A piece. What was never asked for, has not its size or its hash, counts against who sent it. */
  frame(link: Link, { hash, part, parts, bytes }: Frame<'boxes'>): void {
    link.granted = Math.max(0, link.granted - bytes.length)
    const hashHex = toHex(hash)
    const question = this.#question
    if (this.#askedOf.get(link)?.has(hashHex) !== true) {
      // Who has not got it answers so also where a command was asked for.
      if (parts > 0) this.#core.strike(link.peer, 'ERR_CODEC_FRAME')
      return
    }
    const wanted = this.#wanted.get(hashHex)
    if (question?.link !== link || question.hashHex !== hashHex || wanted === undefined) return
    if (parts === 0) {
      this.#failed(question)
      return
    }
    if (parts !== piecesOf(wanted.length) || bytes.length !== pieceLength(wanted.length, part)) {
      this.#lied(question, 'ERR_CODEC_FRAME')
      return
    }
    question.at = this.#core.now
    question.parts.set(part, bytes)
    if (question.parts.size === parts) this.#whole(question, hash, parts)
  }

  gone(link: Link): void {
    this.#queues.delete(link)
    if (this.#question?.link === link) this.#failed(this.#question)
  }

  /** Looks at new commands, asks for what is missing, sends what was asked for. Called at the end of every step. */
  settle(): void {
    this.#look()
    const { now } = this.#core
    if (this.#question !== undefined && now - this.#question.at > limits.boxesMsMax) this.#failed(this.#question)
    if (this.#question === undefined) this.#ask()
    else this.#topUp(this.#question.link, 1)
    for (const [link, queue] of this.#queues) this.#pump(link, queue)
  }

  /** When a tick is wanted next. */
  nextAt(): number {
    const { now } = this.#core
    let at = this.#question === undefined ? Infinity : this.#question.at + limits.boxesMsMax + 1
    if (this.#question === undefined && this.#wanted.size > 0 && this.#core.links.size > 0) at = this.#askAt
    for (const [link, { loaded }] of this.#queues) {
      const next = loaded === undefined ? Infinity : pieceLength(loaded.bytes.length, loaded.sent)
      if (next <= link.credit) at = Math.min(at, now + pumpMs)
    }
    return at
  }

  #look(): void {
    const { graph } = this.#core
    const from = this.#seen
    this.#seen = graph.size
    const fresh = new Map<string, number>()
    for (const node of graph.ofKind(['RotateKey'], from)) {
      const named = boxesNamedBy(node)
      if (named === undefined || this.#gone.has(named.hashHex)) continue
      this.#places.set(named.hashHex, this.#placeIn(named.recipients))
      this.#room.add(named.hashHex, named.length, node.author)
      fresh.set(named.hashHex, named.length)
    }
    if (fresh.size === 0) return
    for (const hashHex of this.#room.surplus(this.#core.state)) this.#leave(hashHex)
    for (const [hashHex, length] of fresh) if (!this.#gone.has(hashHex)) this.#want(hashHex, length)
  }

  #placeIn(recipients: readonly Recipient[]): number {
    const own = fromHex(this.#core.deviceHex)
    return recipients.findIndex(([device]) => equalBytes(device, own))
  }

  #want(hashHex: string, length: number): void {
    if (this.has(hashHex) || this.#wanted.has(hashHex)) return
    this.#askAt = 0
    this.#wanted.set(hashHex, { length, asked: new Set(), liars: new Set(), rounds: 0, at: this.#core.now })
  }

  /** Neither kept nor asked for any more; who asks for them here is told that they are not. */
  #leave(hashHex: string): void {
    this.#gone.add(hashHex)
    this.#wanted.delete(hashHex)
    if (this.#question?.hashHex === hashHex) this.#question = undefined
    if (this.#held.has(hashHex)) this.#drop(hashHex)
  }

  #drop(hashHex: string): void {
    this.#held.delete(hashHex)
    this.#core.emit({ kind: 'drop-boxes', hash: fromHex(hashHex), own: this.#places.get(hashHex) ?? -1 })
  }

  /** Asks a member drawn among those not asked in this round, for the newest boxes that may be asked for now. */
  #ask(): void {
    const { now, links } = this.#core
    if (this.#wanted.size === 0 || links.size === 0 || now < this.#askAt) return
    // Whoever connects meanwhile is asked within a second.
    this.#askAt = now + askMs
    const members = [...links.values()].filter((link) => !link.isStranger && this.#core.isMember(link))
    if (members.length === 0) return
    for (const [hashHex, wanted] of [...this.#wanted].reverse()) {
      this.#askAt = Math.min(this.#askAt, Math.max(wanted.at, now + 1))
      if (wanted.at > now) continue
      const ready = members.filter(({ peer }) => !wanted.asked.has(peer) && !wanted.liars.has(peer))
      const link = ready[this.#core.draw(ready.length)]
      if (link === undefined) {
        wanted.asked.clear()
        wanted.at = now + Math.min(retryMs * 2 ** wanted.rounds++, retryMsMax)
        continue
      }
      this.#question = { hashHex, link, parts: new Map(), at: now }
      const asked = this.#askedOf.get(link) ?? new Set()
      this.#askedOf.set(link, asked.add(hashHex))
      const credit = this.#creditFor(link, wanted.length)
      this.#core.send(link, { t: 'want', ids: [fromHex(hashHex)], ranges: [], credit })
      return
    }
  }

  /** Credit is one account for commands and boxes: topped up to the same maximum where too little is left of it. */
  #creditFor(link: Link, needed: number): number {
    const credit = link.granted >= needed ? 0 : limits.syncCreditBytesMax - link.granted
    link.granted += credit
    return credit
  }

  #topUp(link: Link, needed: number): void {
    const credit = this.#creditFor(link, needed)
    if (credit > 0) this.#core.send(link, { t: 'want', ids: [], ranges: [], credit })
  }

  #failed({ hashHex, link }: Question): void {
    this.#askAt = 0
    this.#wanted.get(hashHex)?.asked.add(link.peer)
    this.#question = undefined
  }

  #lied(question: Question, code: ErrorCode): void {
    const { hashHex, link } = question
    this.#wanted.get(hashHex)?.liars.add(link.peer)
    this.#failed(question)
    this.#core.strike(link.peer, code)
  }

  #whole(question: Question, hash: Uint8Array, parts: number): void {
    const bytes = concatBytes(
      ...Array.from({ length: parts }, (_, part) => question.parts.get(part) ?? new Uint8Array()),
    )
    if (!equalBytes(hashOfBoxes(bytes), hash)) {
      this.#lied(question, 'ERR_TEAM_BAD_ENCODING')
      return
    }
    this.#question = undefined
    this.#askAt = 0
    this.keep(hash, bytes)
  }

  #queueOf(link: Link): Queue {
    let queue = this.#queues.get(link)
    if (queue === undefined) this.#queues.set(link, (queue = { hashes: [], loaded: undefined, isReading: false }))
    return queue
  }

  /** Sends what credit and rate allow; what is not here is answered with no parts. */
  #pump(link: Link, queue: Queue): void {
    while (queue.hashes.length > 0 && !queue.isReading) {
      const [hashHex = ''] = queue.hashes
      if (queue.loaded === undefined) this.#load(link, queue, hashHex)
      if (queue.loaded !== undefined && !this.#sendPieces(link, queue.loaded, hashHex)) return
      if (queue.loaded === undefined) continue
      queue.loaded = undefined
      queue.hashes.shift()
    }
    if (queue.hashes.length === 0) this.#queues.delete(link)
  }

  #load(link: Link, queue: Queue, hashHex: string): void {
    const bytes = this.#keeping.get(hashHex)
    if (bytes !== undefined) queue.loaded = { bytes, sent: 0 }
    else if (this.#held.has(hashHex)) {
      queue.isReading = true
      this.#core.emit({ kind: 'read-boxes', hash: fromHex(hashHex) })
    } else {
      queue.hashes.shift()
      this.#core.send(link, { t: 'boxes', hash: fromHex(hashHex), part: 0, parts: 0, bytes: new Uint8Array() })
    }
  }

  /** True when all of it has gone. */
  #sendPieces(link: Link, loaded: { readonly bytes: Uint8Array; sent: number }, hashHex: string): boolean {
    const { bytes } = loaded
    const parts = piecesOf(bytes.length)
    for (; loaded.sent < parts; loaded.sent++) {
      const size = pieceLength(bytes.length, loaded.sent)
      if (size > link.credit || size > link.served.available(this.#core.now)) return false
      link.credit -= size
      link.served.take(size)
      const from = loaded.sent * limits.boxesPieceBytesMax
      const piece = bytes.subarray(from, from + size)
      this.#core.send(link, { t: 'boxes', hash: fromHex(hashHex), part: loaded.sent, parts, bytes: piece })
    }
    return true
  }
}

function piecesOf(length: number): number {
  return Math.ceil(length / limits.boxesPieceBytesMax)
}

/** Bytes of one piece; -1 where there is no such piece. */
function pieceLength(length: number, part: number): number {
  const from = part * limits.boxesPieceBytesMax
  return from >= length ? -1 : Math.min(limits.boxesPieceBytesMax, length - from)
}

/** The boxes that an accepted command names, and how long they must be. */
function boxesNamedBy(
  node: GraphNode,
): { hashHex: string; length: number; recipients: readonly Recipient[] } | undefined {
  if (node.act.kind !== 'RotateKey') return undefined
  const { boxesHash, recipients } = node.act.body
  // A list that was named by its hash stands here resolved.
  if (recipients instanceof Uint8Array || recipients.length === 0) return undefined
  return { hashHex: toHex(boxesHash), length: recipients.length * boxBytes, recipients }
}
