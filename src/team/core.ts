import { limits, type ErrorCode, type Randomness } from '../base/index.ts'
import { equalBytes, toHex } from '../codec/index.ts'
import { Evaluation } from './evaluation.ts'
import { frameMap, type SyncFrame } from './frames.ts'
import { Graph, type GraphNode } from './graph.ts'
import { encodePage } from './graph-index.ts'
import type { Link } from './link.ts'
import { LostAdmissions } from './lost-admissions.ts'
import { RecentMap } from './recent-map.ts'
import type { TeamState } from './state.ts'
import { stateHash } from './state-bytes.ts'
import type { CommandRecord, ReplicaEffect } from './step.ts'

/** Oldest age of a bad command that still counts. */
const strikeMs = 60_000

/** What the parts of one replica share: the graph, the links, the clock of this step and the effects it collects. */
export class Core {
  readonly team: Uint8Array
  readonly deviceHex: string
  readonly random: Randomness
  readonly graph: Graph
  readonly evaluation: Evaluation
  readonly links = new Map<string, Link>()
  readonly lost = new LostAdmissions(this)
  /** Who has shown an id: it needs not be sent there again. */
  readonly #shown = new RecentMap<string, string | Set<string>>(limits.seenIdsMax)
  now = 0
  /** True once a frontier was exchanged with another member and our own later commands are here (`TEAM.md` 6). */
  isHeard = false
  /** How many of the graph's commands are durable. */
  stored = 0
  #effects: ReplicaEffect[] = []
  /** Frames that speak of commands which are not durable yet, in order. */
  readonly #held: { readonly needs: number; readonly link: Link; readonly frame: SyncFrame }[] = []
  #hash: { state: TeamState; hash: Uint8Array } | undefined

  constructor(team: Uint8Array, deviceHex: string, random: Randomness, graph = new Graph()) {
    this.graph = graph
    this.evaluation = new Evaluation(graph)
    this.team = team
    this.deviceHex = deviceHex
    this.random = random
  }

  get state(): TeamState {
    return this.evaluation.current()
  }

  /** True once the team's first command is here. */
  get isSynced(): boolean {
    return this.graph.size > 0
  }

  emit(effect: ReplicaEffect): void {
    this.#effects.push(effect)
  }

  /** Wants commands durable that were added to the graph since this was called last. */
  append(records: readonly CommandRecord[]): void {
    const [first] = records
    if (first === undefined) return
    const page = encodePage(this.graph.page(first.index, first.index + records.length))
    this.emit({ kind: 'append', records, page })
  }

  drain(): ReplicaEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /** Hash of the present state; computed once per state. */
  stateHash(): Uint8Array {
    const state = this.state
    if (this.#hash?.state !== state) this.#hash = { state, hash: stateHash(state) }
    return this.#hash.hash
  }

  /** True for a peer that is bound to a current member: it is served. */
  isMember(link: Link): boolean {
    return this.state.members.has(link.deviceHex)
  }

  /**
   * True for a peer that may hear of this team: a member; or one that the team was given for, while there is no state yet
   * or the disk may be older than that peer's membership. Such a one is asked, not served.
   */
  mayHear(link: Link): boolean {
    if (this.isSynced && this.isMember(link)) return true
    if (!link.given || this.isHeard || this.state.departures.has(link.deviceHex)) return false
    // Who was let in by a command that has no effect any more hears why, and is asked all the same.
    return !this.lost.has(link.deviceHex)
  }

  /** Sends a frame to a peer that may hear, after everything known now is durable. */
  send(link: Link, frame: SyncFrame): void {
    const needs = this.graph.size
    if (this.stored >= needs && this.#held.length === 0) this.#sendNow(link, frame)
    else this.#held.push({ needs, link, frame })
  }

  /** Lets go what waited for the disk. */
  release(): void {
    while (this.#held.length > 0) {
      const first = this.#held[0]
      if (first === undefined || first.needs > this.stored) return
      this.#held.shift()
      if (this.links.get(first.link.peer) === first.link) this.#sendNow(first.link, first.frame)
    }
  }

  /** Has a peer told soon of much that is new here. */
  greetSoon(link: Link): void {
    link.helloAt = Math.min(link.helloAt, Math.max(this.now, link.greetedAt + limits.syncHelloSoonMs))
  }

  /** Sends whatever the peer's standing: the proof of a removal, and questions to who may know better. */
  sendAnyway(peer: string, frame: SyncFrame): void {
    this.emit({ kind: 'send', peer, frame: frameMap(frame) })
  }

  #sendNow(link: Link, frame: SyncFrame): void {
    if (this.mayHear(link)) this.emit({ kind: 'send', peer: link.peer, frame: frameMap(frame) })
  }

  /** Counts a bad command or frame against who sent it; at the limit it is cut (ERR_TEAM_FLOOD). */
  strike(peer: string, code: ErrorCode): void {
    const link = this.links.get(peer)
    if (link === undefined) return
    link.strikes = link.strikes.filter((at) => at <= this.now && this.now - at < strikeMs)
    link.strikes.push(this.now)
    if (link.strikes.length <= limits.badSignaturesPerMinuteMax) return
    this.cut(link, code === 'ERR_CODEC_FRAME' ? code : 'ERR_TEAM_FLOOD', true)
  }

  /** Ends the link. */
  cut(link: Link, code: ErrorCode, penalise: boolean): void {
    if (this.links.get(link.peer) !== link) return
    this.links.delete(link.peer)
    this.emit({ kind: 'cut', peer: link.peer, code, penalise })
  }

  /** Remembers that a peer has this command. */
  note(idHex: string, peer: string): void {
    const peers = this.#shown.get(idHex)
    // Most are shown by one peer alone, and a set for each is a good part of what a command costs.
    if (peers === undefined) this.#shown.set(idHex, peer)
    else if (typeof peers !== 'string') peers.add(peer)
    else if (peers !== peer) this.#shown.set(idHex, new Set([peers, peer]))
  }

  /** True where a peer has shown that it has this command. */
  hasShown(idHex: string, peer: string): boolean {
    const peers = this.#shown.get(idHex)
    return typeof peers === 'string' ? peers === peer : peers?.has(peer) === true
  }

  /** The same for many peers: who has shown that it has this command. */
  holdersOf(idHex: string): (peer: string) => boolean {
    const peers = this.#shown.get(idHex)
    return typeof peers === 'string' ? (peer) => peer === peers : (peer) => peers?.has(peer) === true
  }

  /** A number from 0 up to, not including, `below`. */
  draw(below: number): number {
    const bytes = this.random.bytes(4)
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    return Math.floor((value / 2 ** 32) * below)
  }

  /**
   * What HELLO and DONE say that we have. Nothing, while we cannot tell what it amounts to: a wrong hash would stop the
   * others, who are right.
   */
  claims(): { readonly heads: readonly Uint8Array[]; readonly count: number; readonly stateHash: Uint8Array } {
    if (!this.isSynced || this.evaluation.failure() !== undefined)
      return { heads: [], count: 0, stateHash: new Uint8Array(32) }
    return { heads: this.headIds(), count: this.graph.size, stateHash: this.stateHash() }
  }

  /** Ids of all heads that HELLO and DONE may name: 16, as many as a command's parents. */
  headIds(): Uint8Array[] {
    return this.graph
      .heads()
      .slice(0, limits.commandParentsMax)
      .map(({ command }) => command.id)
  }

  /**
   * True where who names these heads, and so many commands, has exactly what we have. Never while there are more heads than
   * may be named: the same 16 then say nothing of the others, and two honest nodes would take each other for diverged.
   */
  isAtHeads(heads: readonly Uint8Array[], count: number): boolean {
    const own = this.graph.heads()
    const theirs = new Set(heads.map(toHex))
    if (own.length > limits.commandParentsMax || count !== this.graph.size) return false
    return own.length === theirs.size && own.every(({ command }) => theirs.has(command.idHex))
  }

  isHash(hash: Uint8Array): boolean {
    return equalBytes(this.stateHash(), hash)
  }

  nodeOf(idHex: string): GraphNode | undefined {
    return this.graph.get(idHex)
  }
}
