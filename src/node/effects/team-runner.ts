import { asHyraxError, fail, refuse, type Clock, type Log, type Randomness } from '../../base/index.ts'
import { compareBytes, idText, parsePeerId, peerIdText, toHex, type CborMap } from '../../codec/index.ts'
import type { Keys } from '../../keys/index.ts'
import {
  deviceId,
  Replica,
  type AuthorParts,
  type CommandStore,
  type Intent,
  type KeptCommand,
  type KeptIndex,
  type Outcome,
  type Recipient,
  type ReplicaEffect,
  type ReplicaEvent,
  type RightsChange,
} from '../../team/index.ts'
import type { OwnKeys } from '../own-keys.ts'
import { boxToGive, type EpochGrants } from './epoch-grants.ts'
import { EpochSecrets } from './epoch-secrets.ts'
import { ownAuthor } from './own-author.ts'
import { recipientsBy, SecretsAhead } from './secret-ahead.ts'
import { keepIndex, soundCommands } from './stored-commands.ts'
import type { TeamStream } from './team-stream.ts'
import type { Verifier } from './verifier.ts'

/** An event without its time, which the runner adds. */
type Timeless<E> = E extends unknown ? Omit<E, 'now'> : never
type RunnerEvent = Timeless<ReplicaEvent>

/** Connections that were cut for a change of rights. */
export interface Cut {
  readonly peers: readonly string[]
  readonly ms: number
}

export interface RunnerParts {
  readonly team: Uint8Array
  readonly store: CommandStore
  readonly verifier: Verifier
  readonly keys: Keys
  readonly own: OwnKeys
  readonly clock: Clock
  readonly random: Randomness
  readonly log: Log
  /** Who is given earlier epochs. */
  readonly grants: EpochGrants
  /** Rights changed: tells the rest of the node and cuts what must be cut. */
  readonly onRights: (change: RightsChange, removedPeers: readonly string[]) => Cut
  /** Another epoch was opened: what waits for its secret may go on. */
  readonly onEpoch: () => void
  /** What has become of a command: applied, recalled, voided, or parked for a newer version. */
  readonly onStanding: (standing: string, about: () => Readonly<Record<string, string>>) => void
  /** So many commands in all are durable now. */
  readonly onStored: (count: number) => void
  /** Cuts every connection of a peer that misbehaved. */
  readonly onPenalty: (peer: string) => void
}

/** A removed peer gets this long to take the proof of its removal. */
const proofMs = 200
/** After a write that failed the team is read anew from the disk. */
const reopenMs = 1_000

/** Runs one replica: does its effects against the store, libsodium and the streams, and reports back. */
export class TeamRunner {
  readonly team: Uint8Array
  /** What the operator should know. */
  readonly problems = new Set<string>()
  readonly secrets: EpochSecrets
  readonly #ahead: SecretsAhead
  readonly #parts: RunnerParts
  readonly #streams = new Map<string, TeamStream>()
  readonly #devices = new Map<string, { device: Uint8Array; given: boolean }>()
  readonly #verdicts = new Map<number, (outcome: Outcome) => void>()
  readonly #events: RunnerEvent[] = []
  #replica: Replica
  #isStepping = false
  #isStopped = false
  #request = 0
  #appended = 0
  #timer: NodeJS.Timeout | undefined
  #proofs: Promise<void> = Promise.resolve()
  #cut: Promise<Cut> = Promise.resolve({ peers: [], ms: 0 })

  /** Reads the team from its store, verifying what has no verified bit, and drops what is damaged. */
  static async open(parts: RunnerParts, isFounder = false): Promise<TeamRunner> {
    const runner = new TeamRunner(parts, isFounder)
    await runner.#reload(isFounder)
    return runner
  }

  private constructor(parts: RunnerParts, isFounder: boolean) {
    this.#parts = parts
    this.team = parts.team
    const { keys, own, store, team } = parts
    const device = deviceId(own.identity.publicKey)
    // After what a change of rights cuts: that is counted, and lets the proof of a removal leave first.
    const onOpened = (): void =>
      void this.#cut.then(() => {
        parts.onEpoch()
      })
    this.secrets = new EpochSecrets({ team, device, keys, ring: own.ring, store, onOpened })
    const recipients = (): readonly Recipient[] => recipientsBy(this.#replica.state, toHex(device))
    this.#ahead = new SecretsAhead({ keys, random: parts.random, recipients })
    this.#replica = this.#makeReplica({ commands: [] }, isFounder)
  }

  get replica(): Replica {
    return this.#replica
  }

  /** True while this device is in the team. */
  get isMember(): boolean {
    const device = deviceId(this.#parts.own.identity.publicKey)
    return this.#replica.state.members.has(toHex(device))
  }

  /** Peers with a sync stream. */
  get linked(): readonly string[] {
    return [...this.#streams.keys()]
  }

  has(peer: string): boolean {
    return this.#streams.has(peer)
  }

  /** Authors; resolves when the command is durable and connections that must end have ended. */
  author(intent: Intent, force: boolean): Promise<Outcome & { readonly cut: Cut }> {
    return this.#asked((request) => ({ kind: 'author', request, intent, time: this.#parts.clock.now(), force }))
  }

  /** Rotates the epoch key; as `author`. */
  rotate(force: boolean): Promise<Outcome & { readonly cut: Cut }> {
    return this.#asked((request) => ({ kind: 'rotate', request, time: this.#parts.clock.now(), force }))
  }

  #asked(event: (request: number) => RunnerEvent): Promise<Outcome & { readonly cut: Cut }> {
    const request = ++this.#request
    return new Promise((resolve) => {
      this.#verdicts.set(request, (outcome) => {
        void this.#cut.then((cut) => {
          resolve({ ...outcome, cut })
        })
      })
      this.#cut = Promise.resolve({ peers: [], ms: 0 })
      this.take(event(request))
    })
  }

  /** A sync stream is up. Where there are two, the one stays that the side opened whose PeerId sorts first. */
  adopt(stream: TeamStream, device: Uint8Array, given: boolean, first?: CborMap): void {
    const { peer } = stream
    const before = this.#streams.get(peer)
    // Both sides judge alike, whichever stream was up first here: else each would end the other's, and none be left.
    const isOfFirst = ({ isOurs }: TeamStream): boolean => isOurs === this.#sortsFirst(peer)
    if (this.#isStopped || (before !== undefined && isOfFirst(before) && !isOfFirst(stream))) {
      stream.abort('ERR_SWARM_BUSY')
      return
    }
    this.#streams.set(peer, stream)
    before?.abort('ERR_SWARM_BUSY')
    this.#devices.set(peer, { device, given })
    this.take({ kind: 'connected', peer, device, given })
    stream.read(
      first,
      (frame) => {
        if (this.#streams.get(peer) === stream) this.take({ kind: 'frame', peer, frame })
      },
      () => {
        if (this.#streams.get(peer) !== stream) return
        this.#streams.delete(peer)
        this.take({ kind: 'gone', peer })
      },
    )
  }

  /** True where the peer's side is to open the stream: the one whose PeerId sorts first does. */
  waitsFor(peer: string): boolean {
    return !this.#sortsFirst(peer)
  }

  /** Ends the link with a peer whose connection is gone. */
  forget(peer: string): void {
    this.#streams.get(peer)?.abort('ERR_TEAM_NOT_MEMBER')
  }

  /** Gives the replica an event; effects of one are done before the next is taken. */
  take(event: RunnerEvent): void {
    this.#events.push(event)
    if (this.#isStepping) return
    this.#isStepping = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        if (this.#isStopped) continue
        const now = Math.floor(performance.now())
        for (const effect of this.#replica.step({ ...next, now })) this.#perform(effect)
      }
    } finally {
      this.#isStepping = false
    }
  }

  stop(): void {
    this.#isStopped = true
    this.secrets.close()
    this.#ahead.close()
    clearTimeout(this.#timer)
    for (const stream of this.#streams.values()) stream.abort('ERR_SWARM_BUSY')
    this.#refuseWaiting(refuse('ERR_TEAM_UNKNOWN_TEAM', { team: idText('team', this.team) }))
  }

  #makeReplica(
    { commands, index }: { readonly commands: Iterable<KeptCommand>; readonly index?: KeptIndex | undefined },
    isFounder: boolean,
    boxes: readonly string[] = [],
  ): Replica {
    const { keys, own, random, clock } = this.#parts
    const canRead = (epochHex: string): boolean => this.secrets.has(epochHex)
    const author: AuthorParts = {
      ...ownAuthor(keys, own),
      sealBox: (publicKey, secret) => keys.sealTo(publicKey, secret, random),
      takeAhead: () => this.#ahead.take(),
      wall: () => clock.now(),
    }
    return new Replica({ ...author, canRead, team: this.team, random, isFounder, boxes }, commands, index)
  }

  async #reload(isFounder: boolean): Promise<void> {
    const { store, log } = this.#parts
    const { commands, index, parked, damaged } = await store.load()
    // With an index all were verified.
    const { sound, forged } =
      index === undefined ? soundCommands(this.#parts.keys, this.team, commands) : { sound: commands, forged: [] }
    this.#replica = this.#makeReplica({ commands: sound, index }, isFounder, await store.boxesHeld())
    this.#appended = this.#replica.graph.size
    this.secrets.refresh(this.#replica.state.epochs)
    this.#ahead.changed()
    const dropped = [...damaged, ...forged, ...this.#replica.dropped]
    const [first] = dropped
    if (first !== undefined) {
      await store.drop(dropped)
      const problem = fail('ERR_STORE_DAMAGED', { id: idText('cmd', first), descendants: dropped.length - 1 })
      this.problems.add(problem.message)
      log.error('damaged records dropped', {
        team: idText('team', this.team),
        code: problem.code,
        count: dropped.length,
      })
    }
    await keepIndex(this.#parts, this.#replica, index)
    if (parked.length > 0) this.take({ kind: 'revive', commands: parked })
    else this.take({ kind: 'tick' })
  }

  #perform(effect: ReplicaEffect): void {
    switch (effect.kind) {
      case 'send':
        this.#streams.get(effect.peer)?.send(effect.frame)
        return
      case 'verify':
        this.#verify(effect)
        return
      case 'append':
        void this.#append(effect)
        return
      case 'checkpoint':
        // One that is not kept costs the next start some time.
        this.#parts.store.keepCheckpoint(effect.checkpoint, effect.gone).catch(() => undefined)
        return
      case 'park':
        this.#parts.store.park(effect.id, effect.bytes).catch(() => undefined)
        this.#parts.onStanding('parked', () => ({ id: idText('cmd', effect.id), code: 'ERR_TEAM_UNKNOWN_KIND' }))
        return
      case 'unpark':
        this.#parts.store.unpark(effect.ids).catch(() => undefined)
        return
      case 'keep-boxes':
        void this.#keepBoxes(effect.hash, effect.bytes)
        return
      case 'drop-boxes':
        void this.secrets.dropBoxes(effect.hash, effect.own)
        return
      case 'epoch-asked':
        this.take({ ...effect, kind: 'epoch-answered', box: boxToGive(this.#parts, this, effect) })
        return
      case 'epoch-offered':
        void this.secrets.offered(effect.epoch, effect.box)
        return
      case 'read-boxes':
        void this.#readBoxes(effect.hash)
        return
      case 'verdict':
        this.#verdicts.get(effect.request)?.(effect.outcome)
        this.#verdicts.delete(effect.request)
        return
      case 'rights':
        this.#rights(effect.change)
        return
      case 'cut':
        this.#cutLink(effect)
        return
      case 'wake':
        this.#wake(effect.at)
        return
      case 'standing':
        this.#tellStanding(effect)
        return
      case 'alarm':
      case 'recalled':
      case 'forked':
        this.#report(effect)
    }
  }

  #verify({ token, checks }: ReplicaEffect & { kind: 'verify' }): void {
    const replica = this.#replica
    void this.#parts.verifier.verify(checks).then((verdicts) => {
      // A replica that was made anew asks under the same tokens about other commands.
      if (replica === this.#replica) this.take({ kind: 'verified', token, verdicts })
    })
  }

  async #append({ records, page }: ReplicaEffect & { kind: 'append' }): Promise<void> {
    const replica = this.#replica
    try {
      await this.#parts.store.append(records, page)
    } catch (error) {
      if (replica === this.#replica) this.#fail(error)
      return
    }
    if (replica !== this.#replica) return
    this.#appended += records.length
    this.take({ kind: 'stored', count: this.#appended })
    this.#openEpochs()
    this.#ahead.changed()
    this.#parts.onStored(this.#appended)
  }

  async #keepBoxes(hash: Uint8Array, bytes: Uint8Array): Promise<void> {
    const replica = this.#replica
    try {
      await this.#parts.store.keepBoxes(hash, bytes)
    } catch (error) {
      if (replica === this.#replica) this.#fail(error)
      return
    }
    if (replica !== this.#replica) return
    this.take({ kind: 'boxes-kept', hash })
    this.#openEpochs()
  }

  /** Nothing follows from an epoch whose command is not durable: the boxes of our own are on the disk before it. */
  #openEpochs(): void {
    const { graph, state } = this.#replica
    const isDurable = (by: string): boolean => (graph.get(by)?.index ?? Infinity) < this.#appended
    this.secrets.refresh(state.epochs.filter(({ by }) => isDurable(by)))
  }

  async #readBoxes(hash: Uint8Array): Promise<void> {
    const replica = this.#replica
    const bytes = await this.#parts.store.boxes(hash).catch(() => undefined)
    if (replica === this.#replica) this.take({ kind: 'boxes-read', hash, bytes: bytes ?? null })
  }

  /** A write failed: nothing of it is acknowledged, and the team starts again from what is on disk. */
  #fail(error: unknown): void {
    const failure = asHyraxError(error, 'ERR_STORE_WRITE')
    this.#parts.log.error('the store cannot be written', { code: failure.code, what: failure.message })
    this.problems.add(failure.message)
    this.#refuseWaiting({ kind: 'refuse', code: failure.code, data: failure.data })
    this.#replica = this.#makeReplica({ commands: [] }, false)
    for (const stream of this.#streams.values()) stream.abort('ERR_STORE_WRITE')
    const again = async (): Promise<void> => {
      if (this.#isStopped) return
      try {
        await this.#reload(false)
        this.problems.delete(failure.message)
      } catch {
        setTimeout(() => void again(), reopenMs).unref()
      }
    }
    setTimeout(() => void again(), reopenMs).unref()
  }

  #refuseWaiting(outcome: Outcome): void {
    for (const tell of this.#verdicts.values()) tell(outcome)
    this.#verdicts.clear()
  }

  /** Removed devices lose their connections, as soon as the proof of it has left, or would not leave. */
  #rights(change: RightsChange): void {
    const devices = new Set(change.removed)
    const bound = [...this.#devices]
      .filter(([, { device }]) => devices.size > 0 && devices.has(toHex(device)))
      .map(([peer]) => peer)
    const departures = change.removed.map((deviceHex) => this.#replica.state.departures.get(deviceHex))
    const byKey = departures.filter((departure) => departure !== undefined).map(({ identity }) => peerIdText(identity))
    const peers = [...new Set([...bound, ...byKey])]
    this.#cut = this.#proofs.then(() => this.#parts.onRights(change, peers))
    this.#proofs = Promise.resolve()
  }

  #cutLink({ peer, code, penalise }: ReplicaEffect & { kind: 'cut' }): void {
    const stream = this.#streams.get(peer)
    this.#streams.delete(peer)
    if (stream === undefined) return
    if (penalise) {
      this.#parts.log.warn('peer cut: bad commands', { peer, code })
      stream.abort(code)
      this.#parts.onPenalty(peer)
      return
    }
    const late = new Promise<void>((resolve) => setTimeout(resolve, proofMs))
    const left = Promise.race([stream.flushed(), late])
    this.#proofs = Promise.all([this.#proofs, left]).then(() => {
      stream.abort(code)
    })
  }

  #wake(at: number): void {
    clearTimeout(this.#timer)
    const tick = (): void => {
      this.take({ kind: 'tick' })
    }
    this.#timer = setTimeout(tick, Math.max(1, at - performance.now()))
    this.#timer.unref()
  }

  #tellStanding({ node, standing, code, by }: ReplicaEffect & { kind: 'standing' }): void {
    this.#parts.onStanding(standing, () => {
      const { id, author, kind } = node.command
      const about = { id: idText('cmd', id), kind, author: idText('dev', author) }
      const taker = by === undefined ? {} : { by: idText('cmd', by.command.id) }
      return { ...about, ...(code === undefined ? {} : { code }), ...taker }
    })
  }

  #report(effect: ReplicaEffect & { kind: 'alarm' | 'recalled' | 'forked' }): void {
    const team = idText('team', this.team)
    if (effect.kind === 'alarm') {
      // The status tells of a law that fails for as long as it does.
      if (effect.data['kind'] !== 'resolution') this.problems.add(fail(effect.code, effect.data).message)
      this.#parts.log.error('team alarm', { team, code: effect.code, ...effect.data })
      return
    }
    if (effect.kind === 'forked') {
      // The status tells of forks as they are now.
      const device = idText('dev', effect.device)
      this.#parts.log.error('team alarm', { team, code: 'ERR_TEAM_FORKED', device, lost: effect.lost })
      return
    }
    this.#parts.log.warn('own command without effect', { team, code: effect.refusal.code, ...effect.refusal.data })
  }

  #sortsFirst(peer: string): boolean {
    return compareBytes(this.#parts.own.identity.publicKey, parsePeerId(peer)) < 0
  }
}
