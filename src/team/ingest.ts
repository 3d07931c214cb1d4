import { limits, type ErrorCode, type Refusal } from '../base/index.ts'
import { readAct, type Act } from './body.ts'
import { check } from './check.ts'
import { isSame, parseCommand, type Command } from './command.ts'
import type { Core } from './core.ts'
import { originOf } from './evaluation.ts'
import type { GraphNode } from './graph.ts'
import { Bucket } from './link.ts'
import { OrphanPool } from './orphan-pool.ts'
import { ParkedPool } from './parked-pool.ts'
import { RecentMap } from './recent-map.ts'
import { checksOf, readVerdicts } from './signature-checks.ts'
import type { SignatureCheck } from './verification.ts'

/** A command on its way in, in the order in which it will be judged. */
interface Entry {
  readonly command: Command
  readonly act: Act | undefined
  readonly peer: string
  readonly live: boolean
  readonly checks: readonly SignatureCheck[]
  verdicts: readonly boolean[] | undefined
}

/** What became of a batch: how many were new, whether one lacks a parent, whether one was put off to the next sync. */
export interface Taken {
  readonly fresh: number
  readonly orphaned: boolean
  readonly late: boolean
}

/** What the replica wants to know about a command that was taken in. */
export type OnAccepted = (node: GraphNode, peer: string, live: boolean) => void

/**
 * The way of a foreign command into the graph, cheap checks first: known, size, encoding, team, parents known, signature,
 * R0. What fails a check that is the same everywhere counts against its sender; what waits for a parent or for a newer
 * version is kept within bounds.
 */
export class Ingest {
  readonly orphans = new OrphanPool()
  readonly parked = new ParkedPool()
  readonly #core: Core
  readonly #onAccepted: OnAccepted
  readonly #refused = new RecentMap<string, ErrorCode>(limits.seenIdsMax)
  readonly #line: Entry[] = []
  readonly #inLine = new Set<string>()
  /** Of those in line, the ones that will be parked: what descends from them may have forms of a newer law. */
  readonly #unread = new Set<string>()
  readonly #asked = new Map<number, Entry[]>()
  #unasked: Entry[] = []
  readonly #authors = new RecentMap<string, Bucket>(limits.membersMax)
  #token = 0

  constructor(core: Core, onAccepted: OnAccepted) {
    this.#core = core
    this.#onAccepted = onAccepted
  }

  /** True where nothing more is needed to have this command: it is here, on its way, or kept for a newer version. */
  knows(idHex: string): boolean {
    return this.#core.graph.has(idHex) || this.#inLine.has(idHex) || this.parked.has(idHex) || this.#refused.has(idHex)
  }

  /** True also for a command that waits for its parents. */
  holds(idHex: string): boolean {
    return this.knows(idHex) || this.orphans.has(idHex)
  }

  /** Takes commands from a peer; `live` ones are held to a rate per author. */
  take(commands: readonly Uint8Array[], peer: string, live: boolean): Taken {
    let fresh = 0
    let orphaned = false
    let late = false
    for (const bytes of commands) {
      const parsed = parseCommand(bytes)
      if (parsed.kind === 'refuse') {
        this.#core.strike(peer, (parsed as Refusal).code)
        continue
      }
      const { idHex } = parsed as Command
      this.#core.note(idHex, peer)
      if (this.#refused.has(idHex)) this.#core.strike(peer, 'ERR_TEAM_BAD_SIGNATURE')
      if (this.holds(idHex)) continue
      if (live && parsed.kind !== 'foreign' && !this.#isInTime(parsed as Command)) {
        late = true
        continue
      }
      fresh++
      if (parsed.kind === 'foreign') this.#park(idHex, parsed.id, bytes)
      else orphaned = this.#place(parsed as Command, peer, live) || orphaned
    }
    this.#ask()
    this.#advance()
    return { fresh, orphaned, late }
  }

  /** Answers to a question of ours. */
  verified(token: number, verdicts: readonly boolean[]): void {
    let at = 0
    for (const entry of this.#asked.get(token) ?? []) {
      entry.verdicts = verdicts.slice(at, at + entry.checks.length)
      at += entry.checks.length
    }
    this.#asked.delete(token)
    this.#advance()
    this.#ask()
  }

  /** Commands whose signatures are being looked at. */
  get underway(): number {
    return this.#line.length
  }

  /** Live commands above an author's rate wait for the next sync; they are never judged by it. */
  #isInTime(command: Command): boolean {
    const { now } = this.#core
    let bucket = this.#authors.get(command.authorHex)
    if (bucket === undefined) {
      bucket = new Bucket(limits.pushPerAuthorPerSecondMax, limits.pushPerAuthorBurstMax, now)
      this.#authors.set(command.authorHex, bucket)
    }
    if (bucket.available(now) < 1) return false
    bucket.take(1)
    return true
  }

  /** Drops what has waited too long. */
  expire(): void {
    this.orphans.expire(this.#core.now)
  }

  /** Puts a command in line, in the pool of those without parents, or aside. True where it lacks a parent. */
  #place(command: Command, peer: string, live: boolean): boolean {
    const { team } = this.#core
    if (command.team === null ? !isSame(command.id, team) : !isSame(command.team, team)) {
      this.#refuse(command.idHex, peer, 'ERR_TEAM_WRONG_TEAM')
      return false
    }
    if (command.parentHexes.some((parent) => this.#refused.has(parent))) {
      this.#refuse(command.idHex, peer, 'ERR_TEAM_BAD_PARENT')
      return false
    }
    if (command.parentHexes.some((parent) => this.parked.has(parent))) {
      this.#park(command.idHex, command.id, command.bytes)
      return false
    }
    if (!command.parentHexes.every((parent) => this.#core.graph.has(parent) || this.#inLine.has(parent))) {
      this.orphans.add({ command, peer, at: this.#core.now })
      return true
    }
    this.#enqueue(command, peer, live)
    return false
  }

  #enqueue(first: Command, from: string, live: boolean): void {
    const open = [{ command: first, peer: from }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (!this.#lineUp(next.command, next.peer, live)) continue
      const isHere = (id: string): boolean => this.#core.graph.has(id) || this.#inLine.has(id)
      open.push(...this.orphans.release(next.command.idHex, isHere))
    }
  }

  /** False where the payload is bad. */
  #lineUp(command: Command, peer: string, live: boolean): boolean {
    const act = command.parentHexes.some((parent) => this.#unread.has(parent)) ? undefined : readAct(command)
    if (act?.kind === 'refuse' && act.code !== 'ERR_TEAM_UNKNOWN_KIND') {
      this.#refuse(command.idHex, peer, act.code)
      return false
    }
    const known = act?.kind === 'refuse' ? undefined : act
    if (known === undefined) this.#unread.add(command.idHex)
    const entry = { command, act: known, peer, live, checks: checksOf(command, known), verdicts: undefined }
    this.#line.push(entry)
    this.#inLine.add(command.idHex)
    this.#unasked.push(entry)
    return true
  }

  #ask(): void {
    if (this.#unasked.length === 0) return
    const token = ++this.#token
    this.#asked.set(token, this.#unasked)
    this.#core.emit({ kind: 'verify', token, checks: this.#unasked.flatMap(({ checks }) => checks) })
    this.#unasked = []
  }

  /** Judges what stands first in line, as far as the answers reach. */
  #advance(): void {
    const records = []
    let done = 0
    for (const entry of this.#line) {
      if (entry.verdicts === undefined) break
      done++
      this.#inLine.delete(entry.command.idHex)
      this.#unread.delete(entry.command.idHex)
      const node = this.#judge(entry)
      if (node === undefined) continue
      records.push({ index: node.index, id: node.command.id, bytes: node.command.bytes })
      this.#onAccepted(node, entry.peer, entry.live)
    }
    this.#line.splice(0, done)
    if (records.length > 0) this.#core.emit({ kind: 'append', records })
  }

  #judge({ command, act, peer, verdicts }: Entry): GraphNode | undefined {
    const facts = readVerdicts(verdicts ?? [])
    if ('kind' in facts) return this.#refuse(command.idHex, peer, facts.code)
    if (command.parentHexes.some((parent) => this.parked.has(parent)) || act === undefined)
      return this.#park(command.idHex, command.id, command.bytes)
    // A parent that is neither here nor refused was left out by a bound: the command comes again by sync.
    const lost = command.parentHexes.find((parent) => !this.#core.graph.has(parent))
    if (lost !== undefined && !this.#refused.has(lost)) return undefined
    const judged = accept(this.#core, command, act, facts.weak)
    if ('kind' in judged) return this.#refuse(command.idHex, peer, judged.code)
    return judged
  }

  #refuse(idHex: string, peer: string, code: ErrorCode): undefined {
    this.#refused.set(idHex, code)
    this.orphans.dropDescendants(idHex)
    this.#core.strike(peer, code)
  }

  #park(firstHex: string, firstId: Uint8Array, firstBytes: Uint8Array): undefined {
    const open = [{ idHex: firstHex, id: firstId, bytes: firstBytes }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { idHex, id, bytes } = next
      if (this.parked.add(idHex, bytes)) this.#core.emit({ kind: 'park', id, bytes })
      const released = this.orphans.release(idHex, (parent) => this.knows(parent))
      open.push(...released.map(({ command }) => command))
    }
  }
}

/** Judges a command whose signatures hold, and adds it to the graph: structure, then R0. The node, or why not. */
export function accept(
  core: Pick<Core, 'graph' | 'evaluation'>,
  command: Command,
  act: Act,
  weak: boolean,
): GraphNode | Refusal {
  const parents = core.graph.place(command)
  if ('kind' in parents) return parents
  const view = core.evaluation.view(parents)
  const refusal = check(view, act, command, { weak })
  if (refusal !== undefined) return refusal
  const node = core.graph.add(command, { act, parents, origin: originOf(view, act, command) })
  core.evaluation.took(node, view)
  return node
}
