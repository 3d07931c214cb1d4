import { limits } from '../base/index.ts'
import { equalBytes, toHex } from '../codec/index.ts'
import type { Core } from './core.ts'
import type { Frame, SyncFrame } from './frames.ts'
import type { Ingest } from './ingest.ts'
import type { Link } from './link.ts'
import type { Pull } from './pull.ts'
import { RecentMap } from './recent-map.ts'
import { proofOfRemoval } from './removal-proof.ts'

/** A peer gets a proof at most this often. */
const proofMsMin = 1_000
/** A removed device gets this long to name its heads, so that the proof can begin there. */
const helloMs = 2_000
/** A removed device that knows more than we do gets this long to show it, from its last frame on. */
const showMs = 10_000

/**
 * Links to devices that we hold for removed, or whose admission has lost its effect, and to peers that the team was given
 * for and that we do not know as members. Such a one gets what proves that it is out, and no more; but it may know better,
 * so what it shows is judged like anybody’s. It is asked in a way that tells it nothing new: by a HELLO that names
 * no heads, and by WANTs for what it said it has.
 */
export class Strangers {
  readonly #core: Core
  readonly #ingest: Ingest
  readonly #pull: Pull
  readonly #proved = new WeakSet<Link>()
  /** When a peer was last given a proof: to make one may cost many replays. */
  readonly #provedAt = new RecentMap<string, number>(limits.membersMax)

  constructor(core: Core, ingest: Ingest, pull: Pull) {
    this.#core = core
    this.#ingest = ingest
    this.#pull = pull
  }

  /**
   * A link to who may not hear: a device that was in is given a moment, and so is a peer that this team was given for: our
   * disk may be older than its membership, also where somebody else has been heard since. Everybody else gets nothing.
   */
  connected(link: Link): void {
    const { state, isSynced } = this.#core
    const wasIn = state.departures.has(link.deviceHex) || this.#core.lost.has(link.deviceHex)
    if (!isSynced || (!wasIn && !link.given)) {
      this.#core.cut(link, 'ERR_TEAM_NOT_MEMBER', false)
      return
    }
    link.isStranger = true
    link.helloAt = this.#core.now + helloMs
  }

  frame(link: Link, frame: SyncFrame): void {
    if (frame.t !== 'want') link.helloAt = this.#core.now + showMs
    if (frame.t === 'hello') this.#hello(link, frame)
    else if (frame.t === 'frontier') this.#pull.readClaims(link, frame)
    else if (frame.t === 'commands') this.#shown(link, frame)
    else if (frame.t === 'done' && !this.#pull.isMissingFrom(link)) this.turnOut(link)
  }

  /** What it shows may be its proof that we are out: then it hears at once what we know, before it turns us out. */
  #shown(link: Link, frame: Frame<'commands'>): void {
    this.#pull.commands(link, frame)
    if (!this.#proved.has(link)) this.#prove(link)
  }

  /** Its time is over. */
  tick(link: Link): void {
    if (!this.#proved.has(link)) {
      this.#prove(link)
      // What it sends on its side may be on the way.
      link.helloAt = this.#core.now + helloMs
    } else this.turnOut(link)
  }

  /** Ends a link to who is no member; a removed device gets what proves its removal. */
  turnOut(link: Link): void {
    if (!this.#proved.has(link)) this.#prove(link)
    this.#pull.gone(link)
    this.#core.cut(link, 'ERR_TEAM_NOT_MEMBER', false)
  }

  #hello(link: Link, frame: Frame<'hello'>): void {
    link.heads = frame.heads.map(toHex)
    if (!this.#proved.has(link)) this.#prove(link)
    if (!equalBytes(frame.team, this.#core.team)) this.turnOut(link)
    else if (link.heads.every((head) => this.#ingest.knows(head))) this.turnOut(link)
    else this.#core.sendAnyway(link.peer, this.#blankHello())
  }

  #blankHello(): Frame<'hello'> {
    const nothing = { heads: [], count: 0, stateHash: new Uint8Array(32), frontierDigest: null }
    return { t: 'hello', team: this.#core.team, ...nothing, version: 1 }
  }

  #prove(link: Link): void {
    this.#proved.add(link)
    const { now } = this.#core
    const before = this.#provedAt.get(link.peer)
    if (before !== undefined && before <= now && now - before < proofMsMin) return
    this.#provedAt.set(link.peer, now)
    const commands = proofOfRemoval(this.#core, link, this.#core.lost.reasons(link.deviceHex))
    if (commands.length > 0) this.#core.sendAnyway(link.peer, { t: 'commands', commands })
  }
}
