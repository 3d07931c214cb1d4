import type { TeamFacts } from '../access/index.ts'
import { asHyraxError, limits, type Log } from '../base/index.ts'
import { parseId, toHex } from '../codec/index.ts'
import { swarmKeyFingerprint, type Keys } from '../keys/index.ts'
import type { OperationOutput } from '../operations/index.ts'
import type { Swarm } from '../swarm/index.ts'
import { openSwarmKey, swarmView, type Replica, type SwarmView } from '../team/index.ts'
import type { Events } from './events.ts'
import type { NodeLists } from './lists.ts'
import type { SettingsStore } from './settings-store.ts'
import type { SwarmKeyFile } from './swarm-key-file.ts'

type Cut = OperationOutput<'permissioned.add'>['cut']
type GovernmentView = OperationOutput<'permissioned.status'>['governing']
type SwarmKeyRow = SwarmView['swarmKeys'][number]

/**
 * The team that the setting `swarm/governingTeam` names, carried to the parts it governs (`TEAM.md` 2.4): its list to the
 * gate, the addresses on it to the dialer, its swarm keys to the ring. No such team: everything is as the node's files say.
 */
export interface Government {
  /**
   * Takes over what the team says now. Who may no longer stay is cut when this returns; a retired key is refused from then
   * on, and who uses it is cut a little later (`limits.swarmKeyTurnMs`).
   */
  apply(): Cut
  /**
   * Resolves when the keys that the team gave are on the disk and dialled with, and those that it retired are cut. Gives
   * whom a retired key has cut since it was asked last.
   */
  settled(): Promise<Cut>
  /** As people see it; null where no team governs. */
  view(): GovernmentView
  /** Where the team's list says that a peer is; none where it does not list it. */
  addressesOf(peer: string): readonly string[]
  /** True where the team has, or had, that swarm key. */
  knows(fingerprint: string): boolean
  warnings(): string[]
}

export interface GovernmentParts {
  readonly keys: Keys
  readonly log: Log
  readonly events: Pick<Events, 'emit'>
  readonly settings: Pick<SettingsStore, 'effective'>
  readonly lists: Pick<NodeLists, 'onGovernment'>
  readonly swarmKey: SwarmKeyFile
  readonly swarm: () => Pick<Swarm, 'setKeys' | 'turnKeys' | 'remember'> | undefined
  /** The replica of a team by its 32-byte id. */
  readonly replicaOf: (team: Uint8Array) => Replica | undefined
  /** The secret of an epoch of a team, 32 bytes to be wiped; undefined where this node has not got it. */
  readonly epochSecret: (team: Uint8Array, epoch: Uint8Array) => Uint8Array | undefined
}

const nobodyCut: Cut = { peers: [], ms: 0 }
const nobody: SwarmView = { listed: new Set(), removed: new Set(), nodes: [], swarmKeys: [] }

export function createGovernment(parts: GovernmentParts): Government {
  return new TeamGovernment(parts)
}

class TeamGovernment implements Government {
  readonly #parts: GovernmentParts
  #queue: Promise<void> = Promise.resolve()
  #keyCut: Cut = nobodyCut
  /** Addresses by peer, as the dialer was told them. */
  #places: ReadonlyMap<string, string> = new Map()
  /** The lists as the gate was told them last. */
  #told: string | undefined
  /** What the team says, as it was taken over last. */
  #view: SwarmView = nobody
  /** True while that team is here to be asked; else nothing follows from what it does not say. */
  #isKnown = false
  /** Fingerprints of keys in use that this node cannot open. */
  #closed: readonly string[] = []

  constructor(parts: GovernmentParts) {
    this.#parts = parts
  }

  apply(): Cut {
    const team = this.#team()
    this.#isKnown = false
    this.#view = team === null ? nobody : this.#viewOf(team)
    const { listed, removed, nodes, swarmKeys } = this.#view
    const cut = this.#tellGate(team === null ? null : { listed, removed })
    this.#tellDialer(nodes)
    const turning = this.#refuseRetired()
    this.#queue = this.#queue.then(() => turning).then(() => this.#takeKeys(swarmKeys))
    this.#tell('cut by the governing team', cut)
    return cut
  }

  async settled(): Promise<Cut> {
    await this.#queue
    const cut = this.#keyCut
    this.#keyCut = nobodyCut
    return cut
  }

  view(): GovernmentView {
    const team = this.#team()
    if (team === null) return null
    const replica = this.#replica(team)
    const isSynced = replica?.isSynced === true
    const state = replica === undefined ? 'unknown' : !isSynced ? 'not-synced' : replica.state.open ? 'open' : 'closed'
    const { listed, removed } = this.#view
    return { team, name: replica?.state.name ?? '', state, listed: listed.size, removed: removed.size }
  }

  addressesOf(peer: string): readonly string[] {
    return this.#view.nodes.find((node) => node.peer === peer)?.addrs ?? []
  }

  knows(fingerprint: string): boolean {
    return this.#view.swarmKeys.some((key) => key.fingerprintHex === fingerprint)
  }

  warnings(): string[] {
    const view = this.view()
    if (view === null) return []
    const lines = this.#closed.map(
      (fingerprint) =>
        `The swarm key ${fingerprint} of team ${view.team} cannot be opened here: no box of its epoch yet.`,
    )
    if (view.state === 'open') return lines
    return [`Team ${view.team} governs this swarm and is ${view.state}: its list counts as empty.`, ...lines]
  }

  #team(): string | null {
    return this.#parts.settings.effective().swarm.governingTeam
  }

  #replica(team: string): Replica | undefined {
    return this.#parts.replicaOf(parseId('team', team))
  }

  #viewOf(team: string): SwarmView {
    const replica = this.#replica(team)
    this.#isKnown = replica?.isSynced === true
    return replica === undefined ? nobody : swarmView(replica.state)
  }

  /** Most commands of a team change no list: then nobody is judged again, and whoever waits to be dialled goes on waiting. */
  #tellGate(facts: TeamFacts | null): Cut {
    const text = facts === null ? '' : JSON.stringify([[...facts.listed].sort(), [...facts.removed].sort()])
    if (text === this.#told) return nobodyCut
    this.#told = text
    return this.#parts.lists.onGovernment(facts)
  }

  /** Each place once: what is known already is not looked for anew at every command. */
  #tellDialer(nodes: SwarmView['nodes']): void {
    const swarm = this.#parts.swarm()
    if (swarm === undefined) return
    const places = new Map(nodes.map(({ peer, addrs }) => [peer, addrs.join(' ')]))
    for (const { peer, addrs } of nodes)
      if (addrs.length > 0 && this.#places.get(peer) !== addrs.join(' ')) swarm.remember(peer, addrs)
    this.#places = places
  }

  /** Retired, or taken back by the law: at once refused on the wire; the disk follows. The last key a node has stays. */
  async #refuseRetired(): Promise<void> {
    const { swarmKey, swarm } = this.#parts
    const out = this.#refused()
    const kept = swarmKey.keys.filter((key) => !out.has(swarmKeyFingerprint(key)))
    if (kept.length === swarmKey.keys.length || kept.length === 0) return
    const turned = await swarm()?.turnKeys(kept)
    if (turned === undefined) return
    this.#keyCut = { peers: turned.cut, ms: turned.ms }
    this.#tell('cut: their swarm key was retired', this.#keyCut)
  }

  #tell(what: string, { peers, ms }: Cut): void {
    if (peers.length === 0) return
    const about = { team: this.#team(), ms: Math.round(ms * 100) / 100 }
    this.#parts.log.info(what, { ...about, peers: peers.length })
    this.#parts.events.emit('peers', what, { ...about, peers: [...peers] })
  }

  /** Fingerprints that may not be used: retired, or of a key that came by this team, which its law has taken back since. */
  #refused(): Set<string> {
    const { swarmKeys } = this.#view
    const retired = swarmKeys.filter((key) => key.retired).map(({ fingerprintHex }) => fingerprintHex)
    if (!this.#isKnown) return new Set(retired)
    const held = new Set(swarmKeys.map(({ fingerprintHex }) => fingerprintHex))
    const given = [...this.#parts.swarmKey.givenBy].filter(([, team]) => team === this.#team())
    // Whoever is out could read it: that is why the law takes such a key back.
    const takenBack = given.map(([fingerprint]) => fingerprint).filter((fingerprint) => !held.has(fingerprint))
    return new Set([...retired, ...takenBack])
  }

  /** Opens what is new, puts the newest in front, forgets what was retired: durable, then on the wire. */
  async #takeKeys(rows: readonly SwarmKeyRow[]): Promise<void> {
    const { swarmKey, swarm, log } = this.#parts
    const closed: string[] = []
    try {
      const inUse = rows.filter(({ retired }) => !retired).slice(-limits.swarmKeysMax)
      const opened = inUse.flatMap((row) => {
        const key = this.#keyOf(row)
        if (key === undefined) closed.push(row.fingerprintHex)
        return key === undefined ? [] : [key]
      })
      const missing = opened.filter((key) => !this.#has(swarmKeyFingerprint(key)))
      for (const key of missing) await swarmKey.turn(key, this.#team() ?? undefined)
      const refused = this.#refused()
      const first = opened.at(-1) ?? swarmKey.keys.find((key) => !refused.has(swarmKeyFingerprint(key)))
      if (first !== undefined) await swarmKey.turn(first)
      for (const fingerprint of refused) if (fingerprint !== swarmKey.fingerprint) await swarmKey.retire(fingerprint)
      swarm()?.setKeys(swarmKey.keys)
      for (const key of missing) log.info('swarm key of the team taken over', { fingerprint: swarmKeyFingerprint(key) })
    } catch (thrown) {
      const error = asHyraxError(thrown)
      log.error('the swarm keys of the team were not taken over', { code: error.code, what: error.message })
    } finally {
      this.#closed = closed
    }
  }

  #has(fingerprint: string): boolean {
    return this.#parts.swarmKey.keys.some((key) => swarmKeyFingerprint(key) === fingerprint)
  }

  /** The key of a row: ours already, or opened with the secret of its epoch. */
  #keyOf({ fingerprint, fingerprintHex, epoch, sealed }: SwarmKeyRow): Uint8Array | undefined {
    const { keys, swarmKey, epochSecret } = this.#parts
    const held = swarmKey.keys.find((key) => swarmKeyFingerprint(key) === fingerprintHex)
    const team = this.#team()
    if (held !== undefined || team === null) return held
    const id = parseId('team', team)
    const secret = epochSecret(id, epoch)
    if (secret === undefined) return undefined
    const key = openSwarmKey(keys, { team: id, secret, fingerprint }, sealed)
    keys.memzero(secret)
    // Whoever authored it may have sealed anything: the fingerprint on the graph is what everybody agrees on.
    return key !== undefined && swarmKeyFingerprint(key) === toHex(fingerprint) ? key : undefined
  }
}
