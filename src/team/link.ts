import { limits } from '../base/index.ts'
import type { Frame, FrontierEntry } from './frames.ts'
import type { GraphNode } from './graph.ts'
import { RecentMap } from './recent-map.ts'

/** What a replica remembers of one connected peer whose connection is bound to a device. */
export interface Link {
  readonly peer: string
  readonly deviceHex: string
  /** True for a peer this team was given for: a node without a state may name the team to it. */
  readonly given: boolean
  /** True while we hold its device for removed. */
  isStranger: boolean
  /** Hex ids of the heads it named last. */
  heads: readonly string[]
  /** Its frontier as last heard, by device hex; and its digest. */
  frontier: Map<string, FrontierEntry> | undefined
  frontierDigest: Uint8Array | null
  /** Our frontier as last sent to it. */
  sentFrontier: readonly FrontierEntry[] | undefined
  /** True where its frontier came after it last named other heads. */
  isFrontierFresh: boolean
  /** True from our HELLO until our frontier followed its. */
  owesFrontier: boolean
  /** Bytes of COMMANDS it still takes. */
  credit: number
  /** Bytes of COMMANDS we granted and that have not come. */
  granted: number
  /** A WANT that was not looked up yet: the newest. */
  asked: Frame<'want'> | undefined
  /** What it asked for and has not got, in topological order. */
  outbox: GraphNode[]
  /** The serving session: what it has cost so far, when it began, and how many were asked for beyond its budget. */
  session: { bytes: number; commands: number; since: number; beyond: number }
  /** Token bucket of bytes served. */
  readonly served: Bucket
  /** Bytes of COMMANDS it may send unasked: the proof that we are out. */
  unasked: number
  /** Token bucket of frames of any kind. */
  readonly frames: Bucket
  /** Token bucket of HELLO and FRONTIER. */
  readonly greetings: Bucket
  /** Token bucket of commands looked up for it. */
  readonly lookups: Bucket
  /** Token bucket of RANGE frames looked at: each costs a hash over many ids. */
  readonly ranges: Bucket
  /** Times of bad commands in the last minute. */
  strikes: number[]
  /** Authors, by hex id, whose commands it has before we can tell it. */
  readonly elsewhere: RecentMap<string, true>
  /** Ids that wait to be announced to it. */
  announce: { readonly id: Uint8Array; readonly idHex: string }[]
  /** When they go. */
  announceAt: number
  helloAt: number
  /** When it was greeted last. */
  greetedAt: number
  /** No HELLO in answer to an orphan before this. */
  askedAt: number
  /** True while it sends what we asked for: it knows what we lack, and needs no greeting. */
  isSending: boolean
  /** Turns in a row in which it claimed something and delivered nothing new. */
  idleTurns: number
}

/** A token bucket on the clock that is handed in. */
export class Bucket {
  #tokens: number
  #at: number
  readonly #perSecond: number
  readonly #burst: number

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#at = now
  }

  /** What may be taken now. */
  available(now: number): number {
    // A clock that jumped back refills nothing and locks nothing.
    const passed = Math.max(0, now - this.#at)
    this.#at = now
    this.#tokens = Math.min(this.#burst, this.#tokens + (passed * this.#perSecond) / 1000)
    return this.#tokens
  }

  take(amount: number): void {
    this.#tokens -= amount
  }

  /** Takes one; false where none is left. */
  takeOne(now: number): boolean {
    if (this.available(now) < 1) return false
    this.take(1)
    return true
  }
}

export function createLink(peer: string, deviceHex: string, given: boolean, now: number): Link {
  return {
    peer,
    deviceHex,
    given,
    isStranger: false,
    heads: [],
    frontier: undefined,
    frontierDigest: null,
    sentFrontier: undefined,
    isFrontierFresh: false,
    owesFrontier: false,
    credit: 0,
    granted: 0,
    asked: undefined,
    outbox: [],
    session: { bytes: 0, commands: 0, since: now, beyond: 0 },
    served: new Bucket(limits.syncServedBytesPerSecondMax, limits.syncServedBurstBytesMax, now),
    unasked: limits.removalProofBytesMax,
    frames: new Bucket(limits.syncFramesPerSecondMax, limits.syncFramesBurstMax, now),
    greetings: new Bucket(limits.syncGreetingsPerSecondMax, limits.syncGreetingsBurstMax, now),
    lookups: new Bucket(limits.syncLookupsPerSecondMax, limits.syncLookupsBurstMax, now),
    ranges: new Bucket(limits.syncRangesPerSecondMax, limits.syncRangesBurstMax, now),
    strikes: [],
    elsewhere: new RecentMap(limits.membersMax),
    announce: [],
    announceAt: Infinity,
    helloAt: now,
    greetedAt: now - limits.syncHelloMsMin,
    askedAt: 0,
    isSending: false,
    idleTurns: 0,
  }
}
