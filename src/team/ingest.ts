import { asHyraxError, limits, refuse, type ErrorCode, type Refusal } from '../base/index.ts'
import { copyBytes, toHex } from '../codec/index.ts'
import type { Act } from './bodies.ts'
import { readAct } from './body.ts'
import { check } from './check.ts'
import { isSame, parseCommand, type Command, type ForeignCommand } from './command.ts'
import type { Core } from './core.ts'
import { originOf } from './origin.ts'
import type { GraphNode } from './graph.ts'
import { boundAct } from './kinds/keys.ts'
import { Bucket } from './link.ts'
import { OrphanPool } from './orphan-pool.ts'
import { ParkedPool, placeOf } from './parked-pool.ts'
import { isPlanted } from './planted.ts'
import { RecentMap } from './recent-map.ts'
import type { CommandRecord } from './step.ts'
import { checksOf, readVerdicts, soundPayload, type ClaimPlace, type PayloadFacts } from './signature-checks.ts'
import type { SignatureCheck } from './verification.ts'

/** A command on its way in, in the order in which it will be judged. */
interface Entry {
  /** The command, or what this version can read of it. */
  readonly said: Command | ForeignCommand
  /** With its act: one that this version judges. Without: it will be parked, if its signature holds. */
  readonly known: { readonly command: Command; readonly act: Act } | undefined
  readonly peer: string
  readonly live: boolean
  readonly checks: readonly SignatureCheck[]
  /** What libsodium said of it, once it was asked. */
  facts: PayloadFacts | Refusal | undefined
}

/** What became of a batch: how many were new, whether one lacks a parent, whether one was put off to the next sync. */
export interface Taken {
  readonly fresh: number
  readonly orphaned: boolean
  readonly late: boolean
  /** Pushed commands that were here, or on their way in. */
  readonly known: readonly Known[]
}

/** A command that was pushed here and was no news. */
export interface Known {
  readonly id: Uint8Array
  readonly authorHex: string | undefined
  /** True where its sender had shown it before, or we had sent it there. */
  readonly wasShown: boolean
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
  #lineBytes = 0
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
    return this.#isHere(idHex) || this.parked.knows(idHex, this.#core.now) || this.#refused.has(idHex)
  }

  /** True where a device's command of that number is kept for a newer version. */
  knowsPlace(deviceHex: string, sequence: number): boolean {
    return this.parked.knowsPlace(placeOf(deviceHex, sequence), this.#core.now)
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
    const known: Known[] = []
    for (const bytes of commands) {
      const parsed = parseCommand(bytes)
      if (parsed.kind === 'refuse') {
        this.#core.strike(peer, (parsed as Refusal).code)
        continue
      }
      const { id, idHex, authorHex } = parsed as Command
      const wasShown = this.#core.hasShown(idHex, peer)
      this.#core.note(idHex, peer)
      if (this.#refused.has(idHex)) this.#core.strike(peer, 'ERR_TEAM_BAD_SIGNATURE')
      if (this.holds(idHex)) {
        if (live && this.#isHere(idHex)) known.push({ id, authorHex, wasShown })
        continue
      }
      const said = parsed as Command | ForeignCommand
      if (live && !this.#isInTime(said.authorHex ?? peer)) {
        late = true
        continue
      }
      fresh++
      if (said.kind === 'foreign') this.#putInLine(said, undefined, peer, live)
      else orphaned = this.#place(said as Command, peer, live) || orphaned
    }
    this.#ask()
    this.#advance()
    this.#ask()
    return { fresh, orphaned, late, known }
  }

  /** Answers to a question of ours. */
  verified(token: number, verdicts: readonly boolean[]): void {
    let at = 0
    for (const entry of this.#asked.get(token) ?? []) {
      entry.facts = entry.checks.length === 0 ? soundPayload : readVerdicts(entry.checks, verdicts, at)
      at += entry.checks.length
    }
    this.#asked.delete(token)
    this.#advance()
    this.#ask()
  }

  /** Commands whose signatures are being looked at. */
  get underway(): { readonly commands: number; readonly bytes: number } {
    return { commands: this.#line.length, bytes: this.#lineBytes }
  }

  /** Live commands above an author's rate wait for the next sync; they are never judged by it. */
  #isInTime(author: string): boolean {
    const { now } = this.#core
    let bucket = this.#authors.get(author)
    if (bucket === undefined) {
      bucket = new Bucket(limits.pushPerAuthorPerSecondMax, limits.pushPerAuthorBurstMax, now)
      this.#authors.set(author, bucket)
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
    if (!command.parentHexes.every((parent) => this.#isHere(parent)) && !isPlanted('skip-parent-check')) {
      this.orphans.add({ command: withOwnBytes(command), peer, at: this.#core.now })
      return true
    }
    this.#enqueue(command, peer, live)
    return false
  }

  /** True for a command that is in the graph, in line or parked: its children need not wait for it. */
  #isHere(idHex: string): boolean {
    return this.#core.graph.has(idHex) || this.#inLine.has(idHex) || this.parked.has(idHex)
  }

  #enqueue(first: Command, from: string, live: boolean): void {
    if (!this.#lineUp(first, from, live) || this.orphans.size === 0) return
    const isHere = (idHex: string): boolean => this.#isHere(idHex)
    const open = this.orphans.release(first.idHex, isHere)
    for (let next = open.pop(); next !== undefined; next = open.pop())
      if (this.#lineUp(next.command, next.peer, live)) open.push(...this.orphans.release(next.command.idHex, isHere))
  }

  /** False where the payload is bad. */
  #lineUp(command: Command, peer: string, live: boolean): boolean {
    const isUnread = command.parentHexes.some((parent) => this.#unread.has(parent) || this.parked.has(parent))
    const act = isUnread ? undefined : readAct(command)
    if (act?.kind === 'refuse' && act.code !== 'ERR_TEAM_UNKNOWN_KIND') {
      this.#refuse(command.idHex, peer, act.code)
      return false
    }
    const isKnown = act !== undefined && act.kind !== 'refuse'
    this.#putInLine(command, isKnown ? { command, act } : undefined, peer, live)
    return true
  }

  /** The signature of what will be parked is looked at, too: room for it is given to what somebody answers for. */
  #putInLine(said: Entry['said'], known: Entry['known'], peer: string, live: boolean): void {
    if (known === undefined) this.#unread.add(said.idHex)
    const place = known === undefined ? undefined : this.#claimPlace(known.act)
    const checks = hasKey(said) ? checksOf(said, known?.act, place) : []
    const entry: Entry = { said, known, peer, live, checks, facts: undefined }
    this.#line.push(entry)
    this.#lineBytes += said.bytes.length
    this.#inLine.add(said.idHex)
    this.#unasked.push(entry)
  }

  /** The invite of an admission is in the graph, or in line before it: else the law refuses, whatever is verified. */
  #claimPlace(act: Act): ClaimPlace | undefined {
    if (act.kind !== 'AdmitDevice') return undefined
    const inviteHex = toHex(act.body.invite)
    const invite =
      this.#core.graph.get(inviteHex)?.act ?? this.#line.find(({ said }) => said.idHex === inviteHex)?.known?.act
    return invite?.kind === 'CreateInvite' ? { team: this.#core.team, inviteKey: invite.body.key } : undefined
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
    const records: CommandRecord[] = []
    let done = 0
    for (const entry of this.#line) {
      if (entry.facts === undefined) break
      done++
      this.#lineBytes -= entry.said.bytes.length
      this.#inLine.delete(entry.said.idHex)
      this.#unread.delete(entry.said.idHex)
      const node = this.#judge(entry, entry.facts)
      if (node === undefined) continue
      records.push({ index: node.index, id: entry.said.id, bytes: entry.said.bytes })
      this.#onAccepted(node, entry.peer, entry.live)
    }
    this.#line.splice(0, done)
    if (records.length > 0) this.#core.append(records)
  }

  #judge({ said, known, peer }: Entry, facts: PayloadFacts | Refusal): GraphNode | undefined {
    if ('kind' in facts) return this.#refuse(said.idHex, peer, facts.code)
    if (known === undefined || said.parentHexes.some((parent) => this.parked.has(parent))) return this.#park(said, peer)
    const { command, act } = known
    // A parent that is neither here nor refused was left out by a bound: the command comes again by sync.
    const lost = command.parentHexes.find((parent) => !this.#core.graph.has(parent))
    if (lost !== undefined && !this.#refused.has(lost) && !isPlanted('skip-parent-check')) return undefined
    const judged = accept(this.#core, command, act, facts)
    if (!('kind' in judged)) return judged
    if (judged.code === 'ERR_TEAM_INTERNAL') this.#core.emit({ kind: 'alarm', code: judged.code, data: judged.data })
    return this.#refuse(command.idHex, peer, judged.code)
  }

  #refuse(idHex: string, peer: string, code: ErrorCode): undefined {
    this.#refused.set(idHex, code)
    this.orphans.dropDescendants(idHex)
    this.#core.strike(peer, code)
  }

  /** Sets a command aside; what waited for it gets in line, to be set aside too if its signature holds. */
  #park({ id, idHex, bytes, parentHexes, authorHex, sequence }: Entry['said'], peer: string): undefined {
    const isMembers = authorHex !== undefined && this.#core.state.members.has(authorHex)
    const place = authorHex === undefined || sequence === undefined ? undefined : placeOf(authorHex, sequence)
    const holder = isMembers ? authorHex : peer
    const kept = { id, idHex, bytes: copyBytes(bytes), parentHexes, holder, place }
    const gone = this.parked.add(kept, this.#core.now)
    if (this.parked.has(idHex)) this.#core.emit({ kind: 'park', id, bytes })
    const stored = gone.filter((command) => command.idHex !== idHex)
    if (stored.length > 0) this.#core.emit({ kind: 'unpark', ids: stored.map((command) => command.id) })
    for (const { command, peer: from } of this.orphans.release(idHex, (parent) => this.#isHere(parent)))
      this.#enqueue(command, from, false)
  }
}

/** The same in memory of its own: what waits for long must not keep the frame that it came in. */
function withOwnBytes(command: Command): Command {
  return parseCommand(copyBytes(command.bytes)) as Command
}

/** False where it is not known whose key signed, because a newer envelope says it elsewhere. */
function hasKey(said: Entry['said']): said is Entry['said'] & { readonly key: Uint8Array } {
  return said.key !== undefined
}

/**
 * Judges a command whose signatures hold, and adds it to the graph: structure, then R0. The node, or why not. Where the law
 * itself fails, that is a bug of ours: the command is refused with ERR_TEAM_INTERNAL, and nothing has changed.
 */
export function accept(
  core: Pick<Core, 'graph' | 'evaluation'>,
  command: Command,
  act: Act,
  payload: PayloadFacts,
): GraphNode | Refusal {
  const parents = core.graph.place(command)
  if ('kind' in parents) return parents
  try {
    const before = core.evaluation.at(parents)
    const view = before.state
    const refusal = check(view, act, command, { ...payload, isOrigin: true })
    if (refusal !== undefined) return refusal
    const bound = boundAct(view, act)
    const origin = originOf(view, act, command, before.forks.get(command.authorHex)?.open)
    const after = core.evaluation.after(before, bound, command)
    const node = core.graph.add(command, { act: bound, parents, origin })
    core.evaluation.took(node, after)
    return node
  } catch (error) {
    return refuse('ERR_TEAM_INTERNAL', { what: asHyraxError(error).message, kind: act.kind })
  }
}
