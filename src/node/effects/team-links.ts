import { fail, limits, type Log } from '../../base/index.ts'
import { toHex, type CborMap } from '../../codec/index.ts'
import type { FrameStream } from '../../host/index.ts'
import type { Keys } from '../../keys/index.ts'
import { parseCommand, readPeerBinding, syncProtocol, type Command } from '../../team/index.ts'
import type { BindingBook } from './binding-book.ts'
import type { TeamRunner } from './team-runner.ts'
import { createTeamStream, readFirst } from './team-stream.ts'

/** What teams need of the swarm, once there is one. */
export interface SyncPort {
  /** Connects and waits for the welcome; the PeerId that answered. */
  connect(address: string): Promise<string>
  /** Opens a stream to a welcomed peer. */
  open(peer: string, protocol: string, frameBytesMax: number): Promise<FrameStream>
}

export interface TeamLinksParts {
  readonly keys: Keys
  readonly log: Log
  readonly bindings: BindingBook
  /** By hex id of the team. */
  readonly runners: ReadonlyMap<string, TeamRunner>
  /** True for a peer that this team was given for. */
  readonly isGiven: (team: Uint8Array, peer: string) => boolean
}

/** A welcomed peer: its binding as it came, and the device it proved. */
interface Bound {
  readonly binding: Uint8Array | null
  device: Uint8Array | undefined
  /** Of the binding that proved the device. */
  sequence: number
  /** How often it was told, on this connection, that it is out of a team (by hex id). */
  readonly told: Map<string, number>
}

/** A stream that could not be opened is tried again after this. */
const retryMs = 3_000
/** Time for the streams of a connection that ended to end. */
const handoverMs = 100
/** Who is out is told so as often as this on one connection. */
const tellsMax = 3

/** Who of the welcomed peers speaks for which device, and the one sync stream per peer and team between members. */
export class TeamLinks {
  readonly #parts: TeamLinksParts
  readonly #bound = new Map<string, Bound>()
  readonly #opening = new Set<string>()
  #port: SyncPort | undefined
  #isStopped = false

  constructor(parts: TeamLinksParts) {
    this.#parts = parts
  }

  attach(port: SyncPort): void {
    this.#port = port
    this.considerAll()
  }

  /** ERR_INVALID_NODE_STATE before the swarm is attached. */
  port(): SyncPort {
    if (this.#port === undefined) throw fail('ERR_INVALID_NODE_STATE', { what: 'the swarm has not started' })
    return this.#port
  }

  stop(): void {
    this.#isStopped = true
  }

  peers(): string[] {
    return [...this.#bound.keys()]
  }

  deviceOf(peer: string): Uint8Array | undefined {
    return this.#bound.get(peer)?.device
  }

  welcomed(peer: string, binding: Uint8Array | null): void {
    this.#bound.set(peer, { binding, device: undefined, sequence: 0, told: new Map() })
    this.#bind(peer)
    const considerPeer = (): void => {
      for (const runner of this.#parts.runners.values()) this.consider(runner, peer)
    }
    considerPeer()
    // Where a connection took over from one that ended, it shows a moment later that the old stream is gone.
    setTimeout(considerPeer, handoverMs).unref()
  }

  gone(peer: string): void {
    this.#bound.delete(peer)
    for (const runner of this.#parts.runners.values()) runner.forget(peer)
  }

  /** A team knows other devices now: some peers may have become bound, or members. */
  rightsChanged(): void {
    for (const [peer, entry] of this.#bound) {
      this.#bind(peer)
      this.#note(entry)
    }
    this.considerAll()
  }

  considerAll(): void {
    for (const runner of this.#parts.runners.values())
      for (const peer of this.#bound.keys()) this.consider(runner, peer)
  }

  /** Opens the sync stream with a peer that may have one: at once, or a little later where the other side is to do it. */
  consider(runner: TeamRunner, peer: string): void {
    if (this.#port === undefined || !this.#isWanted(runner, peer)) return
    const key = `${toHex(runner.team)} ${peer}`
    if (this.#opening.has(key)) return
    this.#opening.add(key)
    const wait = runner.replica.isSynced && runner.waitsFor(peer) ? limits.syncOpenMsWait : 0
    setTimeout(() => void this.#open(runner, peer, key), wait).unref()
  }

  /** Handles a stream that a welcomed peer opened. Resolves when it is gone. */
  async accept(stream: FrameStream): Promise<void> {
    const { peer } = stream
    const first = await readFirst(stream)
    const team = first === undefined ? undefined : teamOf(first)
    const runner = team === undefined ? undefined : this.#parts.runners.get(toHex(team))
    const device = this.deviceOf(peer)
    // Who is no member gets not one byte: no answer tells it whether the team is kept here.
    if (first === undefined || runner === undefined || device === undefined || this.#isStopped) {
      stream.abort('ERR_TEAM_NOT_MEMBER')
      return
    }
    runner.adopt(createTeamStream(stream, false), device, this.#parts.isGiven(runner.team, peer), first)
    await stream.closed
    this.#retryLater(runner, peer)
  }

  /** Which device a peer speaks for: by default that of its own key, else as a team knows the identity. */
  #bind(peer: string): void {
    const entry = this.#bound.get(peer)
    if (entry === undefined || entry.binding === null || entry.device !== undefined) return
    const identityOf = (device: Uint8Array): Uint8Array | undefined => this.#identityOf(toHex(device))
    const read = readPeerBinding(this.#parts.keys, entry.binding, { peer, identityOf })
    if ('kind' in read) return
    const deviceHex = toHex(read.device)
    // The largest sequence counts: an older peer of this device is none any more, however long it was.
    if (read.sequence < this.#parts.bindings.largest(deviceHex)) return
    this.#unbindBelow(deviceHex, read.sequence)
    entry.device = read.device
    entry.sequence = read.sequence
    this.#note(entry)
  }

  /** Of devices that a team knows alone: whoever holds the swarm key can make up any number of others. */
  #note({ device, sequence }: Bound): void {
    if (device === undefined || this.#identityOf(toHex(device)) === undefined) return
    this.#parts.bindings.note(toHex(device), sequence)
  }

  #unbindBelow(deviceHex: string, sequence: number): void {
    for (const [peer, entry] of this.#bound) {
      if (entry.device === undefined || toHex(entry.device) !== deviceHex || entry.sequence >= sequence) continue
      entry.device = undefined
      for (const runner of this.#parts.runners.values()) runner.forget(peer)
    }
  }

  #identityOf(deviceHex: string): Uint8Array | undefined {
    for (const { replica } of this.#parts.runners.values()) {
      const known = replica.state.members.get(deviceHex) ?? replica.state.departures.get(deviceHex)
      if (known !== undefined) return known.identity
    }
    return undefined
  }

  #isWanted(runner: TeamRunner, peer: string): boolean {
    const device = this.deviceOf(peer)
    if (device === undefined || runner.has(peer) || this.#isStopped) return false
    if (this.#parts.runners.get(toHex(runner.team)) !== runner) return false
    const { replica } = runner
    // Who is out itself waits for a member to come, but for its sync peers, which it may ask.
    const isOwn = !replica.isSynced || runner.isMember || this.#parts.isGiven(runner.team, peer)
    if (replica.isSynced && replica.state.members.has(toHex(device))) return isOwn
    if (this.#mayTell(runner, peer)) return true
    // A disk older than the peer's membership does not know it: then whom the team was given for is asked.
    const mayAsk = !replica.isHeard && !replica.state.departures.has(toHex(device))
    return mayAsk && this.#parts.isGiven(runner.team, peer)
  }

  /**
   * Whom we hold for removed is told so by a member, a few times a connection: both may open a stream at once, and lose
   * one. It may hold us for removed as well, and wait as we do: then this is how each hears what the other knows (I9).
   */
  #mayTell(runner: TeamRunner, peer: string): boolean {
    const entry = this.#bound.get(peer)
    const deviceHex = entry?.device === undefined ? undefined : toHex(entry.device)
    if (entry === undefined || deviceHex === undefined || !runner.isMember) return false
    return runner.replica.state.departures.has(deviceHex) && (entry.told.get(toHex(runner.team)) ?? 0) < tellsMax
  }

  #countTell(runner: TeamRunner, peer: string): void {
    const told = this.#bound.get(peer)?.told
    const teamHex = toHex(runner.team)
    if (this.#mayTell(runner, peer)) told?.set(teamHex, (told.get(teamHex) ?? 0) + 1)
  }

  async #open(runner: TeamRunner, peer: string, key: string): Promise<void> {
    try {
      if (!this.#isWanted(runner, peer)) return
      this.#countTell(runner, peer)
      const stream = await this.port().open(peer, syncProtocol, limits.syncFrameBytesMax)
      const device = this.deviceOf(peer)
      if (device === undefined) {
        stream.abort('ERR_TEAM_NOT_MEMBER')
        return
      }
      runner.adopt(createTeamStream(stream, true), device, this.#parts.isGiven(runner.team, peer))
      void stream.closed.then(() => {
        this.#retryLater(runner, peer)
      })
    } catch (error) {
      this.#parts.log.debug('no sync stream', { peer, what: String(error) })
      this.#retryLater(runner, peer)
    } finally {
      this.#opening.delete(key)
    }
  }

  /** While both sides are connected members, a lost stream is opened again. */
  #retryLater(runner: TeamRunner, peer: string): void {
    setTimeout(() => {
      if (!runner.replica.isSynced || runner.isMember) this.consider(runner, peer)
    }, retryMs).unref()
  }
}

/** The team that a stream's first frame is about: HELLO names it; a proof of removal is made of its commands. */
function teamOf(frame: CborMap): Uint8Array | undefined {
  if (frame['t'] === 'hello' && frame['team'] instanceof Uint8Array) return frame['team']
  const commands: unknown = frame['t'] === 'commands' ? frame['commands'] : undefined
  const bytes: unknown = Array.isArray(commands) ? commands[0] : undefined
  if (!(bytes instanceof Uint8Array)) return undefined
  const command = parseCommand(bytes)
  if (command.kind === 'refuse' || command.kind === 'foreign') return undefined
  return (command as Command).team ?? (command as Command).id
}
