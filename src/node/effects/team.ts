import { fail, type Clock, type Log, type Randomness, type Refusal } from '../../base/index.ts'
import { encodeCbor, fromHex, idText, parseId, toHex } from '../../codec/index.ts'
import type { FrameStream } from '../../host/index.ts'
import type { Keys } from '../../keys/index.ts'
import type { Store } from '../../store/index.ts'
import {
  deviceId,
  foundTeam,
  makePeerBinding,
  resolveDevice,
  rolesOf,
  teamLog,
  teamView,
  type AuditResult,
  type AuthorParts,
  type Command,
  type Intent,
  type KeyBundle,
  type LogEntry,
  type LogPart,
  type Member,
  type Replica,
  type RightsChange,
  type RoleView,
  type TeamView,
} from '../../team/index.ts'
import type { Events } from '../events.ts'
import type { OwnKeys } from '../own-keys.ts'
import { authored, type Authored } from './authored.ts'
import { createBindingBook, type BindingBook } from './binding-book.ts'
import { chosenRunner } from './chosen-runner.ts'
import { DeviceKeys } from './device-keys.ts'
import { EpochGrants } from './epoch-grants.ts'
import { ownAuthor, ownBundle } from './own-author.ts'
import { SyncPeers, type SyncPeer } from './sync-peers.ts'
import { auditTeam } from './team-audit.ts'
import { TeamLinks, type SyncPort } from './team-links.ts'
import { epochsOf, sealingKey, type EpochView, type SealingKey } from './team-sealing.ts'
import { teamWarnings } from './team-warnings.ts'
import { createVerifier, type Verifier } from './verifier.ts'
import { TeamRunner, type Cut } from './team-runner.ts'

export type { SyncPort } from './team-links.ts'

export interface TeamsParts {
  readonly keys: Keys
  readonly own: OwnKeys
  readonly store: Store
  readonly clock: Clock
  readonly random: Randomness
  readonly log: Log
  /** Where watchers look. */
  readonly events: Pick<Events, 'emit' | 'isWatched'>
  /** Aborts every connection with these peers. */
  readonly cut: (peers: readonly string[]) => Cut
  /** Called when a team's rights changed, before anything is cut or acknowledged: the gate's facts may have changed. */
  readonly onRights?: (team: string) => Cut
  /** `security/keys/rotationInterval`, seconds; by hand where absent. */
  readonly rotationInterval?: () => number
  /** Called when this device has opened another epoch of a team. */
  readonly onEpoch?: (team: string) => void
}

/** The teams of a node. A `team` argument is an id, a unique prefix of one, or a name; none where there is one team. */
export interface Teams {
  readonly device: { readonly id: string; readonly peer: string; readonly bundle: KeyBundle }
  binding(): Uint8Array
  /** Refused where a name or key has not its form. */
  createTeam(name: string, deviceName: string): Promise<TeamView>
  /** AddTeam: false where it is kept already. ERR_CODEC_TEXT for what is no team id. */
  addTeam(id: string): Promise<{ team: string; added: boolean }>
  /** RemoveTeam: deletes the local copy. While this device is a member it wants `force`: ERR_INVALID_NODE_STATE. */
  removeTeam(team: string, force: boolean): Promise<{ team: string; removed: boolean }>
  list(): TeamView[]
  /** ERR_TEAM_UNKNOWN_TEAM, ERR_TEAM_AMBIGUOUS. */
  view(team?: string): TeamView
  roles(team?: string): RoleView[]
  log(team?: string, part?: number | LogPart): LogEntry[]
  /** ERR_TEAM_UNKNOWN_DEVICE, ERR_TEAM_AMBIGUOUS. */
  resolveDevice(team: string | undefined, device: string): Member
  author(team: string | undefined, intent: Intent, options?: { readonly force?: boolean }): Promise<Authored | Refusal>
  /** New keys of this device, and how old ones retire, in all its teams. */
  readonly deviceKeys: Pick<DeviceKeys, 'addKey' | 'retireKey' | 'publicKeys'>
  /** RotateKey by hand. */
  rotateKey(team: string | undefined, options?: { readonly force?: boolean }): Promise<Authored | Refusal>
  /**
   * The epoch to seal with and its secret, which the caller wipes. A device that may rotate makes an epoch where one is
   * missing; any other is refused: ERR_TEAM_ROTATION_PENDING, ERR_TEAM_EPOCH_UNREADABLE.
   */
  sealingKey(team?: string): Promise<SealingKey | Refusal>
  /** The secret of an epoch by its 32-byte id, which the caller wipes; undefined where it is not open here. */
  epochSecret(team: Uint8Array, epoch: Uint8Array): Uint8Array | undefined
  /** Whom this node gives all epochs that it can read. */
  readonly grants: EpochGrants
  epochs(team?: string): { readonly epochs: readonly EpochView[]; readonly pending: boolean }
  readonly syncPeers: {
    add(address: string, team: string | undefined, rateSeconds?: number): Promise<{ team: string; added: boolean }>
    remove(address: string, team: string | undefined): Promise<{ team: string; removed: boolean }>
    list(team?: string): (SyncPeer & { readonly connected: boolean })[]
  }
  /** Syncs with everybody who is connected, now; resolves when it is quiet. `commands`: how many came. */
  syncNow(team?: string): Promise<{ team: string; peers: number; commands: number; stateHash: string }>
  /** Peers with a sync stream of that team. */
  linkedPeers(team?: string): readonly string[]
  /** Peers that are welcomed now. */
  connectedPeers(): readonly string[]
  /** The device a connected peer is bound to (`dev_b…`). */
  deviceOf(peer: string): string | undefined
  /** The replica of a team by its 32-byte id; undefined where it is not kept. */
  replicaOf(team: Uint8Array): Replica | undefined
  /** The replica of the team that is meant, to be read only. ERR_TEAM_UNKNOWN_TEAM, ERR_TEAM_AMBIGUOUS. */
  replica(team?: string): Replica
  /** Reads, verifies and evaluates all commands again. ERR_TEAM_AUDIT where that gives something else than what runs. */
  audit(team?: string): Promise<AuditResult & { readonly team: string }>
  warnings(): string[]
  /** Joins the swarm: from now on sync peers are dialled and streams opened. */
  attach(port: SyncPort): void
  peerWelcomed(peer: string, binding: Uint8Array | null): void
  peerGone(peer: string): void
  /** Handles a stream that a welcomed peer opened. */
  acceptSync(stream: FrameStream): Promise<void>
  stop(): void
}

/** Opens all teams that the store keeps. */
export async function createTeams(parts: TeamsParts): Promise<Teams> {
  const teams = new NodeTeams(parts)
  await teams.open()
  return teams
}

const quietMs = 300
const syncNowMsMax = 10_000

class NodeTeams implements Teams {
  readonly device: Teams['device']
  readonly #parts: TeamsParts
  readonly #runners = new Map<string, TeamRunner>()
  readonly #links: TeamLinks
  readonly #bindings: BindingBook
  readonly grants: EpochGrants
  readonly deviceKeys: DeviceKeys
  readonly #binding: Uint8Array
  readonly #verifier: Verifier
  #peers: SyncPeers | undefined

  constructor(parts: TeamsParts) {
    const { keys, own } = parts
    this.#parts = parts
    this.#verifier = createVerifier(parts.keys)
    const { identity } = own
    this.device = {
      id: idText('dev', deviceId(identity.publicKey)),
      peer: identity.peer,
      get bundle() {
        return ownBundle(keys, own)
      },
    }
    this.#bindings = createBindingBook(parts)
    this.grants = new EpochGrants(parts)
    this.#links = new TeamLinks({
      keys,
      log: parts.log,
      bindings: this.#bindings,
      runners: this.#runners,
      isGiven: (team, peer) => this.#syncPeers().isGiven(team, peer),
    })
    this.deviceKeys = new DeviceKeys({
      ...parts,
      runners: () => this.#runners.values(),
      interval: parts.rotationInterval ?? (() => 0),
    })
    this.#binding = makePeerBinding(keys, { identity, node: identity, sequence: 0 })
  }

  async open(): Promise<void> {
    const { store, clock, random, log } = this.#parts
    const teams = new Set((await store.meta.list('team/')).map(([name]) => name.slice('team/'.length)))
    if (store.damaged.length > 0) {
      log.error('damaged files of the store set aside', { files: store.damaged.join(' ') })
      // The list itself may have lain on a damaged page; whose commands are here was kept.
      for (const teamHex of await store.teamsFound()) teams.add(teamHex)
    }
    await this.grants.load()
    for (const teamHex of teams) {
      await store.meta.put(`team/${teamHex}`, encodeCbor({ v: 1 }))
      await this.#openRunner(fromHex(teamHex), false)
    }
    await this.#bindings.load()
    const connect = (address: string): Promise<string> => this.#connect(address)
    const onReached = (team: Uint8Array, peer: string): void => {
      this.#reached(team, peer)
    }
    this.#peers = await SyncPeers.open({ store, clock, random, connect, onReached })
  }

  binding(): Uint8Array {
    return this.#binding
  }

  async createTeam(name: string, deviceName: string): Promise<TeamView> {
    const { clock, random, store } = this.#parts
    const { bundle } = this.device
    const made = foundTeam({ ...this.#authorParts(), bundle, random }, { name, deviceName, time: clock.now() })
    if (made.kind === 'refuse') throw fail((made as Refusal).code, (made as Refusal).data)
    const { id, bytes } = made as Command
    const commands = store.team(id)
    await commands.load()
    await commands.append([{ id, bytes }])
    await store.meta.put(`team/${toHex(id)}`, encodeCbor({ v: 1 }))
    await this.#openRunner(id, true)
    return this.view(idText('team', id))
  }

  async addTeam(id: string): Promise<{ team: string; added: boolean }> {
    const team = parseId('team', id)
    if (this.#runners.has(toHex(team))) return { team: id, added: false }
    await this.#parts.store.meta.put(`team/${toHex(team)}`, encodeCbor({ v: 1 }))
    await this.#openRunner(team, false)
    this.#links.considerAll()
    return { team: id, added: true }
  }

  async removeTeam(text: string, force: boolean): Promise<{ team: string; removed: boolean }> {
    const runner = this.#find(text)
    const { state } = runner.replica
    const isMember = state.members.has(toHex(deviceId(this.#parts.own.identity.publicKey)))
    if (isMember && state.open && !force)
      throw fail('ERR_INVALID_NODE_STATE', { what: 'this device is still a member of the team; insist with --force' })
    runner.stop()
    this.#runners.delete(toHex(runner.team))
    await this.#syncPeers().removeAll(runner.team)
    await this.#parts.store.meta.del(`team/${toHex(runner.team)}`)
    await this.grants.forget(runner.team)
    await this.#parts.store.team(runner.team).clear()
    return { team: idText('team', runner.team), removed: true }
  }

  list(): TeamView[] {
    return [...this.#runners.values()].map((runner) => teamView(runner.replica, runner.team))
  }

  view(team?: string): TeamView {
    const runner = this.#find(team)
    return teamView(runner.replica, runner.team)
  }

  roles(team?: string): RoleView[] {
    return rolesOf(this.#find(team).replica.state)
  }

  log(team?: string, part?: number | LogPart): LogEntry[] {
    return teamLog(this.#find(team).replica, part)
  }

  resolveDevice(team: string | undefined, device: string): Member {
    const found = resolveDevice(this.#find(team).replica.state, device)
    if ('kind' in found) throw fail(found.code, found.data)
    return found
  }

  async author(
    team: string | undefined,
    intent: Intent,
    options: { readonly force?: boolean } = {},
  ): Promise<Authored | Refusal> {
    const runner = this.#find(team)
    return authored(runner.team, await runner.author(intent, options.force ?? false))
  }

  async rotateKey(team: string | undefined, options: { readonly force?: boolean } = {}): Promise<Authored | Refusal> {
    const runner = this.#find(team)
    return authored(runner.team, await runner.rotate(options.force ?? false))
  }

  sealingKey(team?: string): Promise<SealingKey | Refusal> {
    return sealingKey(this.#find(team))
  }

  epochSecret(team: Uint8Array, epoch: Uint8Array): Uint8Array | undefined {
    return this.#runners.get(toHex(team))?.secrets.get(epoch)
  }

  epochs(team?: string): { epochs: EpochView[]; pending: boolean } {
    return epochsOf(this.#find(team))
  }

  readonly syncPeers: Teams['syncPeers'] = {
    add: async (address, team, rateSeconds) => {
      const runner = this.#find(team)
      const added = await this.#syncPeers().add(runner.team, address, rateSeconds)
      return { team: idText('team', runner.team), added }
    },
    remove: async (address, team) => {
      const runner = this.#find(team)
      return { team: idText('team', runner.team), removed: await this.#syncPeers().remove(runner.team, address) }
    },
    list: (team) => {
      const runner = this.#find(team)
      const peers = this.#syncPeers().list(runner.team)
      return peers.map((peer) => ({ ...peer, connected: peer.peer !== undefined && runner.has(peer.peer) }))
    },
  }

  async syncNow(team?: string): Promise<{ team: string; peers: number; commands: number; stateHash: string }> {
    const runner = this.#find(team)
    const before = runner.replica.graph.size
    await this.#syncPeers().poll(runner.team)
    runner.take({ kind: 'hello' })
    const end = performance.now() + syncNowMsMax
    for (let seen = -1; performance.now() < end && seen !== runner.replica.graph.size;) {
      seen = runner.replica.graph.size
      await new Promise((resolve) => setTimeout(resolve, quietMs))
    }
    const { stateHash } = teamView(runner.replica, runner.team)
    const commands = runner.replica.graph.size - before
    return { team: idText('team', runner.team), peers: runner.linked.length, commands, stateHash }
  }

  replica(team?: string): Replica {
    return this.#find(team).replica
  }

  async audit(team?: string): Promise<AuditResult & { readonly team: string }> {
    const runner = this.#find(team)
    const { keys, store } = this.#parts
    const result = await auditTeam({
      keys,
      team: runner.team,
      store: store.team(runner.team),
      replica: () => runner.replica,
    })
    return { ...result, team: idText('team', runner.team) }
  }

  connectedPeers(): readonly string[] {
    return this.#links.peers()
  }

  linkedPeers(team?: string): readonly string[] {
    return this.#find(team).linked
  }

  deviceOf(peer: string): string | undefined {
    const device = this.#links.deviceOf(peer)
    return device === undefined ? undefined : idText('dev', device)
  }

  replicaOf(team: Uint8Array): Replica | undefined {
    return this.#runners.get(toHex(team))?.replica
  }

  warnings(): string[] {
    const device = deviceId(this.#parts.own.identity.publicKey)
    const { damaged } = this.#parts.store
    const files =
      damaged.length === 0 ? [] : [`The store was damaged (${damaged.join(', ')}): commands are fetched again.`]
    return [
      ...files,
      ...[...this.#runners.values()].flatMap((runner) => teamWarnings(runner, device)),
      ...this.deviceKeys.warnings(),
    ]
  }

  attach(port: SyncPort): void {
    this.#links.attach(port)
    this.#syncPeers().start()
    this.deviceKeys.start()
  }

  peerWelcomed(peer: string, binding: Uint8Array | null): void {
    this.#links.welcomed(peer, binding)
  }

  peerGone(peer: string): void {
    this.#links.gone(peer)
  }

  acceptSync(stream: FrameStream): Promise<void> {
    return this.#links.accept(stream)
  }

  stop(): void {
    this.#links.stop()
    this.#verifier.stop()
    this.deviceKeys.stop()
    this.#peers?.stop()
    for (const runner of this.#runners.values()) runner.stop()
  }

  #authorParts(): AuthorParts {
    const { keys, own } = this.#parts
    return ownAuthor(keys, own)
  }

  async #openRunner(team: Uint8Array, isFounder: boolean): Promise<void> {
    const { keys, own, clock, random, log, store } = this.#parts
    const onPenalty = (peer: string): void => {
      this.#parts.cut([peer])
    }
    const runner: TeamRunner = await TeamRunner.open(
      {
        team,
        store: store.team(team),
        verifier: this.#verifier,
        keys,
        own,
        clock,
        random,
        log,
        grants: this.grants,
        onRights: (change, removedPeers) => this.#onRights(team, change, removedPeers),
        onPenalty,
        onEpoch: () => this.#parts.onEpoch?.(idText('team', team)),
        onStanding: (standing, about) => {
          // Of a long catch-up each command would cost more than judging it, for nobody to see.
          if (!this.#parts.events.isWatched()) return
          this.#parts.events.emit('team', `command ${standing}`, { team: idText('team', team), ...about() })
        },
        onStored: (count) => {
          this.#parts.events.emit('team', 'commands', { team: idText('team', team), count })
        },
      },
      isFounder,
    )
    this.#runners.set(toHex(team), runner)
  }

  #onRights(team: Uint8Array, change: RightsChange, removedPeers: readonly string[]): Cut {
    const name = idText('team', team)
    const readable = (list: readonly string[]): string[] => list.map((deviceHex) => idText('dev', fromHex(deviceHex)))
    const { removed, added, roles, closed, swarm } = change
    const devices = { removed: readable(removed), added: readable(added), roles: readable(roles) }
    this.#parts.events.emit('team', 'rights changed', { team: name, ...devices, closed, swarm })
    const byGate = this.#parts.onRights?.(name) ?? { peers: [], ms: 0 }
    const others = removedPeers.filter((peer) => peer !== this.device.peer)
    const cut = others.length === 0 ? { peers: [], ms: 0 } : this.#parts.cut(others)
    // Which devices a team knows decides who is bound and linked; their roles do not.
    if (removed.length + added.length > 0 || closed) this.#links.rightsChanged()
    this.deviceKeys.changed()
    return { peers: [...new Set([...byGate.peers, ...cut.peers])], ms: byGate.ms + cut.ms }
  }

  async #connect(address: string): Promise<string> {
    const known = this.#links.peers().find((peer) => address.endsWith(`/p2p/${peer}`))
    return known ?? this.#links.port().connect(address)
  }

  #reached(team: Uint8Array, peer: string): void {
    const runner = this.#runners.get(toHex(team))
    if (runner?.has(peer) === true) runner.take({ kind: 'hello', peer })
    else if (runner !== undefined) this.#links.consider(runner, peer)
  }

  #syncPeers(): SyncPeers {
    if (this.#peers === undefined) throw fail('ERR_INVALID_NODE_STATE', { what: 'the teams are not open yet' })
    return this.#peers
  }

  #find(text: string | undefined): TeamRunner {
    return chosenRunner([...this.#runners.values()], text)
  }
}
