import { limits, refuse, type Randomness, type Refusal } from '../base/index.ts'
import { equalBytes, toHex, type CborMap } from '../codec/index.ts'
import { Author, type AuthorParts } from './author.ts'
import { readAct } from './body.ts'
import { Boxes } from './boxes.ts'
import { Checkpoints } from './checkpoints.ts'
import { parseCommand, type Command } from './command.ts'
import type { KeptIndex, OrderedPage } from './command-store.ts'
import { Core } from './core.ts'
import { Duties } from './duties.ts'
import { EarlierEpochs } from './earlier-epochs.ts'
import type { Standing } from './ruling.ts'
import { readFrame, type Frame, type SyncFrame } from './frames.ts'
import { Gossip } from './gossip.ts'
import type { Graph, GraphNode } from './graph.ts'
import { encodePage } from './graph-index.ts'
import { accept, Ingest } from './ingest.ts'
import { createLink, type Link } from './link.ts'
import { Pull } from './pull.ts'
import { restoreCore } from './restore.ts'
import { changeBetween, isNoChange } from './rights-change.ts'
import { Serve } from './serve.ts'
import { soundPayload } from './signature-checks.ts'
import { Strangers } from './strangers.ts'
import { emptyState, type TeamState } from './state.ts'
import { StandingReport } from './standing-report.ts'
import type { ReplicaEffect, ReplicaEvent } from './step.ts'

/** What a replica is given. */
export interface ReplicaParts extends AuthorParts {
  /** Team id, 32 bytes. */
  readonly team: Uint8Array
  readonly random: Randomness
  /** Hex hashes of epoch boxes that the disk holds. */
  readonly boxes?: Iterable<string>
  /** True where the secret of an epoch, by its hex id, is open here; where absent, no earlier epochs are asked for. */
  readonly canRead?: (epochHex: string) => boolean
  /** Bytes of epoch boxes that are kept; default `limits.boxesBytesMax`. */
  readonly boxesBytesMax?: number
  /** True where this process founded the team: no other copy of this device can know more. */
  readonly isFounder?: boolean
  /** Commands after which the state is kept again; default `limits.checkpointInterval`. */
  readonly checkpointInterval?: number
}

/** A command from the store: parents first, signature verified before. */
export interface LoadedCommand {
  readonly id: Uint8Array
  readonly bytes: Uint8Array
}

const wakeMax = 60_000

/**
 * One team on one node: its graph, its law and its sync, as one deterministic machine. `step(event)` answers with effects
 * and does nothing else; whoever runs it does the effects in order and reports back. The class that is simulated is the
 * class that ships.
 */
export class Replica {
  /** Ids of loaded commands that were damaged, or descend from a damaged one: to be dropped and reported. */
  readonly dropped: readonly Uint8Array[]
  /** False where the index was made anew: then `index` is to be kept in the place of what the disk has. */
  readonly isRestored: boolean
  readonly #core: Core
  readonly #standings: StandingReport
  readonly #ingest: Ingest
  readonly #gossip: Gossip
  readonly #pull: Pull
  readonly #serve: Serve
  readonly #strangers: Strangers
  readonly #boxes: Boxes
  readonly #earlier: EarlierEpochs
  readonly #author: Author
  readonly #duties: Duties
  readonly #checkpoints: Checkpoints
  /** Accepted and not yet durable, in order. */
  readonly #fresh: GraphNode[] = []
  #told: TeamState = emptyState
  #isFailing = false
  #wakeAt = 0

  /**
   * `index`: what spares reading and judging all the commands again; where it is not whole they are, and `isRestored` says
   * so.
   */
  constructor(parts: ReplicaParts, loaded: Iterable<LoadedCommand>, index?: KeptIndex) {
    const makeCore = (graph?: Graph): Core => new Core(parts.team, toHex(parts.device), parts.random, graph)
    const restored = index === undefined ? undefined : restoreCore(makeCore, index)
    this.isRestored = restored !== undefined
    this.#core = restored?.core ?? makeCore()
    this.#checkpoints = new Checkpoints(
      this.#core,
      restored?.checkpoints ?? [],
      parts.checkpointInterval ?? limits.checkpointInterval,
    )
    this.#standings = new StandingReport(this.#core)
    this.#ingest = new Ingest(this.#core, (node) => this.#fresh.push(node))
    this.#gossip = new Gossip(this.#core, this.#ingest)
    this.#pull = new Pull(this.#core, this.#ingest)
    this.#serve = new Serve(this.#core)
    this.#strangers = new Strangers(this.#core, this.#ingest, this.#pull)
    this.#boxes = new Boxes(this.#core, parts.boxes ?? [], parts.boxesBytesMax)
    this.#earlier = new EarlierEpochs(this.#core, parts.canRead)
    this.#author = new Author(this.#core, this.#pull, this.#boxes, parts)
    this.#duties = new Duties(this.#core, this.#author)
    this.dropped = restored === undefined ? this.#load(loaded) : []
    this.#core.stored = this.graph.size
    this.#standings.skip()
    this.#told = this.#core.state
    if (parts.isFounder === true) this.#core.isHeard = true
  }

  get state(): TeamState {
    return this.#core.state
  }

  /** The graph, to be read only. */
  get graph(): Graph {
    return this.#core.graph
  }

  /** False until a first peer has synced the team. */
  get isSynced(): boolean {
    return this.#core.isSynced
  }

  /** Commands that are durable. */
  get storedCount(): number {
    return this.#core.stored
  }

  /** Why the commands cannot be resolved, which is a bug of ours; undefined where they can. */
  failure(): string | undefined {
    return this.#core.evaluation.failure()
  }

  /** How many of a device's commands are lost because it signed others beside them (R1). */
  lostInForks(deviceHex: string): number {
    return this.#core.evaluation.lostInForks(deviceHex)
  }

  /** True where another node computed another state from the same commands (I12). */
  get isDiverged(): boolean {
    return this.#pull.isDiverged
  }

  /** False after a start from disk, until a frontier was exchanged with another member (`TEAM.md` 6). */
  get isHeard(): boolean {
    return this.#core.isHeard
  }

  stateHash(): Uint8Array {
    return this.#core.stateHash()
  }

  standing(node: GraphNode): Standing {
    return this.#core.evaluation.standing(node)
  }

  /** Commands kept for a newer version, and commands that wait for parents. */
  waiting(): { parked: number; orphans: number } {
    return { parked: this.#ingest.parked.size, orphans: this.#ingest.orphans.size }
  }

  /** One event in, effects out. Never throws on what peers say. */
  step(event: ReplicaEvent): ReplicaEffect[] {
    this.#core.now = event.now
    this.#take(event)
    this.#settle()
    return this.#core.drain()
  }

  #take(event: ReplicaEvent): void {
    switch (event.kind) {
      case 'tick':
        this.#tick()
        return
      case 'author':
        this.#author.author(event)
        return
      case 'rotate':
        this.#author.rotate(event)
        return
      case 'connected':
        this.#connected(event)
        return
      case 'frame':
        this.#frame(event.peer, event.frame)
        return
      case 'gone':
        this.#gone(event.peer)
        return
      case 'verified':
        this.#ingest.verified(event.token, event.verdicts)
        return
      case 'stored':
        this.#stored(event.count)
        return
      case 'revive':
        this.#ingest.take(event.commands, '', false)
        return
      case 'boxes-kept':
        this.#boxes.kept(event.hash)
        return
      case 'boxes-read':
        this.#boxes.read(event.hash, event.bytes)
        return
      case 'epoch-answered':
        this.#earlier.answered(event.peer, event.epoch, event.box)
        return
      case 'hello':
        for (const link of this.#core.links.values())
          if (event.peer === undefined || event.peer === link.peer) this.#pull.sendHello(link)
    }
  }

  /** The order and the index of all commands, to be kept by a disk. */
  index(): OrderedPage[] {
    const { graph } = this.#core
    const pages: OrderedPage[] = []
    for (let first = 0; first < graph.size; first += limits.indexPageCommandsMax) {
      const to = Math.min(graph.size, first + limits.indexPageCommandsMax)
      pages.push({ ids: graph.ids(first, to), page: encodePage(graph.page(first, to)) })
    }
    return pages
  }

  #load(loaded: Iterable<LoadedCommand>): Uint8Array[] {
    const dropped: Uint8Array[] = []
    for (const { id, bytes } of loaded) {
      const command = parseCommand(bytes)
      const isSound = command.kind !== 'refuse' && command.kind !== 'foreign' && equalBytes((command as Command).id, id)
      const act = isSound ? readAct(command as Command) : undefined
      // A descendant of what was dropped finds no parent, and goes the same way.
      const isKept =
        act !== undefined &&
        act.kind !== 'refuse' &&
        !('kind' in accept(this.#core, command as Command, act, soundPayload))
      if (!isKept) dropped.push(id)
    }
    return dropped
  }

  #connected({ peer, device, given }: ReplicaEvent & { kind: 'connected' }): void {
    const core = this.#core
    this.#gone(peer)
    const link = createLink(peer, toHex(device), given, core.now)
    core.links.set(peer, link)
    if (core.mayHear(link)) this.#pull.sendHello(link)
    else this.#strangers.connected(link)
  }

  #gone(peer: string): void {
    const link = this.#core.links.get(peer)
    if (link === undefined) return
    this.#core.links.delete(peer)
    this.#pull.gone(link)
    this.#boxes.gone(link)
    this.#earlier.gone(link)
  }

  #frame(peer: string, map: CborMap): void {
    const link = this.#core.links.get(peer)
    if (link === undefined) return
    const frame = this.#isInTime(link, map) ? readFrame(map) : refuse('ERR_TEAM_FLOOD', { peer })
    if (isRefusal(frame)) {
      this.#core.strike(peer, frame.code)
      return
    }
    if (!this.#core.mayHear(link)) {
      if (frame.t === 'want') this.#serve.wanted(link, frame)
      this.#strangers.frame(link, frame)
      return
    }
    this.#dispatch(link, frame)
  }

  /** Each frame costs something to read, and a greeting a look at all heads: so many of them, and no more. */
  #isInTime(link: Link, { t }: CborMap): boolean {
    const { now } = this.#core
    if (!link.frames.takeOne(now)) return false
    return (t !== 'hello' && t !== 'frontier') || link.greetings.takeOne(now)
  }

  #dispatch(link: Link, frame: SyncFrame): void {
    switch (frame.t) {
      case 'hello':
        this.#hello(link, frame)
        return
      case 'frontier':
        this.#pull.frontier(link, frame)
        return
      case 'want':
        this.#serve.wanted(link, frame)
        this.#gossip.asked(link, frame.ids)
        this.#boxes.asked(link, this.#earlier.asked(link, frame.ids))
        return
      case 'boxes':
        if (!this.#earlier.frame(link, frame)) this.#boxes.frame(link, frame)
        return
      case 'commands':
        this.#pull.commands(link, frame)
        return
      case 'range':
        this.#pull.range.range(link, frame)
        return
      case 'done':
        this.#pull.done(link, frame)
        return
      case 'push':
        this.#push(link, frame)
        return
      case 'announce':
        this.#gossip.announced(link, frame.ids)
        return
      case 'error':
        this.#core.cut(link, 'ERR_CODEC_FRAME', false)
    }
  }

  #hello(link: Link, frame: Frame<'hello'>): void {
    if (!equalBytes(frame.team, this.#core.team)) this.#core.cut(link, 'ERR_TEAM_WRONG_TEAM', true)
    else if (frame.version !== 1) this.#core.cut(link, 'ERR_UNSUPPORTED', false)
    else this.#pull.hello(link, frame)
  }

  #push(link: Link, frame: Frame<'push'>): void {
    const { orphaned, late, known } = this.#ingest.take([frame.command], link.peer, true)
    for (const what of known) this.#gossip.knew(link, what)
    if (orphaned) this.#pull.ask(link)
    if (late) link.helloAt = Math.min(link.helloAt, this.#core.now + 1_000)
  }

  #stored(count: number): void {
    const core = this.#core
    const more = this.#fresh.findIndex(({ index }) => index >= count)
    const durable = this.#fresh.splice(0, more < 0 ? this.#fresh.length : more)
    core.stored = Math.max(core.stored, count)
    this.#tellRights()
    this.#standings.tell()
    core.release()
    this.#gossip.spread([...durable, ...this.#author.stored(count)])
  }

  /** Rights that changed, before anything is acknowledged; who lost the right to hear gets the proof and is cut. */
  #tellRights(): void {
    const { state } = this.#core
    if (state === this.#told) return
    const change = changeBetween(this.#told, state)
    this.#told = state
    for (const link of [...this.#core.links.values()]) this.#rejudge(link)
    if (!isNoChange(change)) this.#core.emit({ kind: 'rights', change })
  }

  /** Who lost the right to hear is turned out; whom we held for removed, and who is a member, is greeted as one. */
  #rejudge(link: Link): void {
    if (!this.#core.mayHear(link)) {
      if (!link.isStranger) this.#strangers.turnOut(link)
      return
    }
    if (link.isStranger) this.#pull.sendHello(link)
    link.isStranger = false
  }

  #tick(): void {
    const { now, links } = this.#core
    // The tick that was asked for is spent, also where a timer rang a moment early and nothing was due yet.
    this.#wakeAt = 0
    this.#ingest.expire()
    for (const link of [...links.values()]) {
      if (link.helloAt <= now && !this.#core.mayHear(link)) this.#strangers.tick(link)
      else if (link.helloAt <= now) this.#pull.sendHello(link)
      this.#serve.pump(link)
    }
  }

  /** That the commands cannot be resolved is told once, until they can. */
  #alarm(): void {
    const what = this.failure()
    if (what !== undefined && !this.#isFailing)
      this.#core.emit({ kind: 'alarm', code: 'ERR_TEAM_INTERNAL', data: { kind: 'resolution', what } })
    this.#isFailing = what !== undefined
  }

  #settle(): void {
    this.#alarm()
    this.#pull.settle()
    this.#gossip.tick()
    this.#duties.settle()
    this.#boxes.settle()
    this.#earlier.settle()
    this.#checkpoints.settle()
    const { now, links } = this.#core
    let at = Math.min(
      now + wakeMax,
      this.#gossip.nextAt(),
      this.#pull.nextAt(),
      this.#boxes.nextAt(),
      this.#earlier.nextAt(),
      this.#duties.nextAt(),
    )
    for (const link of links.values()) {
      at = Math.min(at, link.helloAt)
      if (this.#serve.isWaiting(link)) at = Math.min(at, now + 100)
    }
    at = Math.max(at, now + 1)
    if (at === this.#wakeAt) return
    this.#wakeAt = at
    this.#core.emit({ kind: 'wake', at })
  }
}

function isRefusal(frame: SyncFrame | Refusal): frame is Refusal {
  return 'kind' in frame
}
