import { limits } from '../base/index.ts'
import { compareBytes, equalBytes, fromHex, toHex } from '../codec/index.ts'
import type { Core } from './core.ts'
import { frontierDigest, type Frame, type FrontierEntry } from './frames.ts'
import type { Ingest } from './ingest.ts'
import type { Link } from './link.ts'
import { RangeFallback } from './range-fallback.ts'

/** An orphan, or a frontier that does not fit, is answered with a HELLO at most this often. */
const askAgainMs = 1_000
/** A device's id, its number and a flag in a frame, about. */
const entryBytes = 44
/** What a peer sent for us, in its order. */
interface Delivery {
  readonly link: Link
  readonly frame: Frame<'commands' | 'done'>
  readonly bytes: number
}

/** Numbers of devices' chains, both ends included. */
type Wanted = readonly (readonly [device: Uint8Array, from: number, to: number])[]

/**
 * Fetches what others have: one turn at a time, with a peer drawn among those that claim more than we have. A peer that
 * delivered nothing new twice in a row waits until the others had their turn.
 */
export class Pull {
  readonly range: RangeFallback
  /** True once another node had the same heads and another state: nothing is authored then (I12). */
  isDiverged = false
  readonly #core: Core
  readonly #ingest: Ingest
  #turn: { readonly peer: string; readonly since: number; at: number; fresh: number; bytes: number } | undefined
  /** What came while enough was in line: it waits as it is, because what has been read weighs ten times as much. */
  readonly #waiting: Delivery[] = []
  #waitingBytes = 0
  /** Largest number of our own that somebody named. */
  #ownClaimed = -1
  /** Who was heard while something of that was still missing. */
  #claimedBy: Link | undefined

  constructor(core: Core, ingest: Ingest) {
    this.#core = core
    this.#ingest = ingest
    this.range = new RangeFallback(core, ingest)
  }

  /** Says where we are. */
  sendHello(link: Link): void {
    const core = this.#core
    const pause = limits.syncHelloMsMin + core.draw(limits.syncHelloMsMax - limits.syncHelloMsMin)
    link.helloAt = core.now + pause
    link.greetedAt = core.now
    link.owesFrontier = true
    core.send(link, {
      t: 'hello',
      team: core.team,
      ...core.claims(),
      frontierDigest: link.frontierDigest,
      version: 1,
    })
  }

  /** Asks a peer anew, at most once a second. */
  ask(link: Link): void {
    if (this.#core.now < link.askedAt) {
      link.helloAt = Math.min(link.helloAt, link.askedAt)
      return
    }
    link.askedAt = this.#core.now + askAgainMs
    this.sendHello(link)
  }

  hello(link: Link, frame: Frame<'hello'>): void {
    const core = this.#core
    const heads = frame.heads.map(toHex)
    if (heads.join() !== link.heads.join()) link.isFrontierFresh = false
    link.heads = heads
    for (const head of heads) core.note(head, link.peer)
    if (core.isAtHeads(frame.heads, frame.count)) {
      this.#compare(link, frame)
      return
    }
    // Who names only what we have knows nothing of us that we do not know.
    if (heads.length > 0 && heads.every((head) => core.graph.has(head))) this.#heard(link)
    this.#sendFrontier(link, frame.frontierDigest)
  }

  frontier(link: Link, frame: Frame<'frontier'>): void {
    if (!this.#readFrontier(link, frame)) {
      link.frontier = undefined
      link.frontierDigest = null
      this.ask(link)
      return
    }
    link.isFrontierFresh = true
    this.#ownClaimed = Math.max(this.#ownClaimed, link.frontier?.get(this.#core.deviceHex)?.[1] ?? -1)
    this.#heard(link)
    if (link.owesFrontier || !this.#isFrontierSent(link)) this.#sendFrontier(link, digestOf(link))
  }

  /** Reads what a peer says it has, without answering: the next turn may ask it. */
  readClaims(link: Link, frame: Frame<'frontier'>): void {
    link.isFrontierFresh = this.#readFrontier(link, frame)
  }

  commands(link: Link, frame: Frame<'commands'>): void {
    const bytes = frame.commands.reduce((sum, command) => sum + command.length, 0)
    const excess = Math.max(0, bytes - link.granted)
    link.granted = Math.max(0, link.granted - bytes)
    link.unasked -= excess
    if (excess > 0 && link.unasked < 0) {
      this.#core.strike(link.peer, 'ERR_TEAM_FLOOD')
      return
    }
    // Who is turned out soon has no other time to show what it may know better; it is little.
    if (link.isStranger) {
      this.#takeCommands(link, frame, bytes)
      return
    }
    this.#waiting.push({ link, frame, bytes })
    this.#waitingBytes += bytes
    this.#takeWaiting()
  }

  done(link: Link, frame: Frame<'done'>): void {
    this.#waiting.push({ link, frame, bytes: 0 })
    this.#takeWaiting()
  }

  #takeWaiting(): void {
    while (this.#ingest.underway.commands < limits.commandsInLineMax) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#waitingBytes -= next.bytes
      // Of who was cut nothing more is looked at.
      if (this.#core.links.get(next.link.peer) !== next.link) continue
      if (next.frame.t === 'done') this.#takeDone(next.link, next.frame)
      else this.#takeCommands(next.link, next.frame, next.bytes)
    }
  }

  #takeCommands(link: Link, frame: Frame<'commands'>, bytes: number): void {
    const { fresh, orphaned } = this.#ingest.take(frame.commands, link.peer, false)
    if (this.#turn?.peer === link.peer) {
      this.#turn.fresh += fresh
      this.#turn.bytes += fresh === 0 ? 0 : bytes
      if (fresh > 0) this.#turn.at = this.#core.now
    }
    if (!orphaned) return
    if (!link.isStranger) this.ask(link)
    // Who is out knows the parents of what it has shown: to ask for them tells it nothing.
    else this.#want(link, this.#parentsFrom(link).map((id) => fromHex(id)), []) // prettier-ignore
  }

  /** True while parents of what a peer has shown are missing here. */
  isMissingFrom(link: Link): boolean {
    return this.#parentsFrom(link).length > 0
  }

  #parentsFrom({ peer }: Link): string[] {
    return this.#ingest.orphans.missing(limits.wantEntriesMax, peer).filter((id) => !this.#ingest.knows(id))
  }

  /** The end of a session. Where only a budget ended it the next one begins at once, with the frontier that is known. */
  #takeDone(link: Link, frame: Frame<'done'>): void {
    const heads = frame.heads.map(toHex)
    const isOther = heads.join() !== link.heads.join()
    if (isOther && frame.remaining === 0) link.isFrontierFresh = false
    link.heads = heads
    if (this.#core.isAtHeads(frame.heads, frame.count)) this.#compare(link, frame)
    else if (isOther && !link.isStranger) this.ask(link)
    if (this.#turn?.peer === link.peer) this.#endTurn()
  }

  gone(link: Link): void {
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      if (this.#waiting[at]?.link !== link) continue
      const [dropped] = this.#waiting.splice(at, 1)
      this.#waitingBytes -= dropped?.bytes ?? 0
    }
    if (this.#turn?.peer === link.peer) this.#turn = undefined
  }

  /** Takes the next turn, and grants more where what came has been looked at. Called at the end of every step. */
  settle(): void {
    this.#takeWaiting()
    if (this.#claimedBy !== undefined) this.#heard(this.#claimedBy)
    if (this.#waiting.length === 0) this.#judgeTurn()
    const turn = this.#turn === undefined ? undefined : this.#core.links.get(this.#turn.peer)
    const { underway } = this.#ingest
    if (turn !== undefined) {
      // While some is judged, the next is verified, and more is on its way.
      if (turn.granted + underway.bytes + this.#waitingBytes <= limits.syncCreditBytesMax / 2) this.#want(turn, [], [])
    } else if (underway.commands === 0 && this.#waiting.length === 0) this.#start()
  }

  /** When a tick is wanted next. */
  nextAt(): number {
    if (this.#turn === undefined || this.#waiting.length > 0) return Infinity
    const { at } = this.#turn
    const isEarly = this.#core.now <= at + limits.syncPullReadyMs
    return at + (isEarly ? limits.syncPullReadyMs : limits.syncPullMsMax) + 1
  }

  /** Ends a turn that brings nothing, or too little while somebody else is ready: a trickle must not hold us up. */
  #judgeTurn(): void {
    if (this.#turn === undefined) return
    const { since, at, bytes } = this.#turn
    const { now } = this.#core
    const isSilent = now - at > limits.syncPullReadyMs
    const isLong = now - since > limits.syncPullSlowMs
    const isSlow = isLong && bytes < ((now - since) / 1_000) * limits.syncPullBytesPerSecondMin
    if (now - at > limits.syncPullMsMax || ((isSilent || isSlow) && this.#isOtherReady())) this.#endTurn(isSlow)
  }

  #isOtherReady(): boolean {
    for (const link of this.#core.links.values())
      if (link.peer !== this.#turn?.peer && link.idleTurns < 2 && this.#claimsMore(link)) return true
    return false
  }

  #start(): void {
    const ready = [...this.#core.links.values()].filter((link) => this.#claimsMore(link))
    if (ready.length === 0) return
    const least = Math.min(...ready.map(({ idleTurns }) => Math.min(idleTurns, 2)))
    const best = ready.filter(({ idleTurns }) => Math.min(idleTurns, 2) === least)
    const link = best[this.#core.draw(best.length)]
    if (link === undefined) return
    // All of them claim and deliver nothing: none is asked before it speaks again.
    if (least >= 2) link.isFrontierFresh = false
    link.isSending = true
    this.#turn = { peer: link.peer, since: this.#core.now, at: this.#core.now, fresh: 0, bytes: 0 }
    const ranges = this.#missing(link)
    // Beside a fork, numbers do not name what orphans wait for.
    const missing = link.isStranger ? [] : this.#ingest.orphans.missing(limits.wantEntriesMax)
    const parents = missing.filter((id) => !this.#ingest.knows(id))
    const ids = [...parents, ...(ranges.length > 0 ? [] : this.#unknownHeads(link))]
    const most = limits.wantEntriesMax
    this.#want(
      link,
      ids.slice(0, most).map((id) => fromHex(id)),
      ranges.slice(0, Math.max(0, most - ids.length)),
    )
    if (this.#core.isMember(link) && (ranges.length === 0 || link.idleTurns > 0)) this.range.start(link)
  }

  #endTurn(isSlow = false): void {
    const fresh = this.#turn?.fresh ?? 0
    const link = this.#turn === undefined ? undefined : this.#core.links.get(this.#turn.peer)
    this.#turn = undefined
    if (link === undefined) return
    link.idleTurns = !isSlow && fresh > 0 ? 0 : link.idleTurns + 1
    link.isSending = false
    if (fresh > 0) this.#core.greetSoon(link)
  }

  #claimsMore(link: Link): boolean {
    return link.isFrontierFresh && (this.#unknownHeads(link).length > 0 || this.#missing(link).length > 0)
  }

  #unknownHeads(link: Link): string[] {
    return link.heads.filter((head) => !this.#ingest.knows(head))
  }

  /** Ranges of numbers that the peer's frontier names and ours does not. */
  #missing(link: Link): Wanted {
    const wanted: [Uint8Array, number, number][] = []
    for (const [deviceHex, [device, sequence]] of link.frontier ?? []) {
      let from = this.#core.graph.lastSequence(deviceHex) + 1
      // What is kept for a newer version is here, though it is not in the graph.
      while (from <= sequence && this.#ingest.knowsPlace(deviceHex, from)) from++
      if (sequence >= from) wanted.push([device, from, sequence])
    }
    return wanted.slice(0, limits.wantEntriesMax)
  }

  #want(link: Link, ids: readonly Uint8Array[], ranges: Wanted): void {
    const credit = Math.max(0, limits.syncCreditBytesMax - link.granted)
    if (credit === 0 && ids.length + ranges.length === 0) return
    link.granted += credit
    const frame = { t: 'want', ids, ranges, credit } as const
    if (link.isStranger) this.#core.sendAnyway(link.peer, frame)
    else this.#core.send(link, frame)
  }

  #compare(link: Link, frame: Frame<'hello' | 'done'>): void {
    if (!this.#core.isSynced || this.#core.evaluation.failure() !== undefined) return
    link.idleTurns = 0
    if (this.#core.isHash(frame.stateHash)) {
      this.#heard(link)
      return
    }
    if (this.isDiverged) return
    this.isDiverged = true
    const data = { peer: link.peer, ours: toHex(this.#core.stateHash()), theirs: toHex(frame.stateHash) }
    this.#core.emit({ kind: 'alarm', code: 'ERR_TEAM_DIVERGED', data })
  }

  /** A member told what it has: once our own later commands among it are here, this device may author. */
  #heard(link: Link): void {
    const { graph, deviceHex } = this.#core
    this.#claimedBy = undefined
    if (this.#core.isHeard) return
    if (this.#core.isMember(link) && graph.lastSequence(deviceHex) >= this.#ownClaimed) this.#core.isHeard = true
    else this.#claimedBy = link
  }

  #ownFrontier(): FrontierEntry[] {
    const frontier = this.#core.graph.frontier()
    return sortedByDevice(frontier.map(({ device, sequence, forked }): FrontierEntry => [device, sequence, forked]))
  }

  #isFrontierSent(link: Link): boolean {
    if (link.sentFrontier === undefined) return false
    return equalBytes(frontierDigest(link.sentFrontier), frontierDigest(this.#ownFrontier()))
  }

  /** Sends our frontier: the changes, where the peer remembers the one sent before. */
  #sendFrontier(link: Link, remembered: Uint8Array | null): void {
    const frontier = this.#ownFrontier()
    const before = link.sentFrontier
    const base = before === undefined ? null : frontierDigest(before)
    const isDelta = base !== null && remembered !== null && equalBytes(base, remembered)
    const known = new Map((isDelta ? (before ?? []) : []).map((entry) => [toHex(entry[0]), entry]))
    const isNew = ([device, sequence, forked]: FrontierEntry): boolean => {
      const told = known.get(toHex(device))
      return told?.[1] !== sequence || told[2] !== forked
    }
    const devices = frontier.filter(isNew).slice(0, limits.frontierEntriesMax)
    // A HELLO is small and this may be large: it comes out of the same bucket as commands.
    const bytes = devices.length * entryBytes
    if (bytes > link.served.available(this.#core.now)) return
    link.served.take(bytes)
    // What did not fit is told by the next one, as a change to what this one told.
    for (const entry of devices) known.set(toHex(entry[0]), entry)
    link.sentFrontier = sortedByDevice(known.values())
    link.owesFrontier = false
    this.#core.send(link, { t: 'frontier', base: isDelta ? base : null, devices })
  }

  #readFrontier(link: Link, frame: Frame<'frontier'>): boolean {
    if (frame.base !== null && (link.frontierDigest === null || !equalBytes(frame.base, link.frontierDigest)))
      return false
    const entries = frame.base === null ? new Map<string, FrontierEntry>() : new Map(link.frontier)
    for (const entry of frame.devices) entries.set(toHex(entry[0]), entry)
    if (entries.size > limits.frontierDevicesMax) {
      this.#core.strike(link.peer, 'ERR_TEAM_FLOOD')
      return false
    }
    link.frontier = entries
    link.frontierDigest = frontierDigest(sortedByDevice(entries.values()))
    return true
  }
}

function sortedByDevice(entries: Iterable<FrontierEntry>): FrontierEntry[] {
  return [...entries].sort((a, b) => compareBytes(a[0], b[0]))
}

/** Digest of our frontier that the peer holds, as far as this stream tells. */
function digestOf(link: Link): Uint8Array | null {
  return link.sentFrontier === undefined ? null : frontierDigest(link.sentFrontier)
}
