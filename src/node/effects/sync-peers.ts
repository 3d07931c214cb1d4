import { asHyraxError, fail, limits, type Clock, type ErrorCode, type Randomness } from '../../base/index.ts'
import { decodeCbor, encodeCbor, isCborMap, multiaddrText, parseNodeAddress, toHex, utf8 } from '../../codec/index.ts'
import type { Store } from '../../store/index.ts'

/** Where a team is synced from, and how it went. */
export interface SyncPeer {
  /** Canonical multiaddr. */
  readonly address: string
  readonly team: Uint8Array
  readonly rateSeconds: number
  /** PeerId that answered there last. */
  peer: string | undefined
  /** ms since 1970. */
  lastAt: number | undefined
  problem: ErrorCode | undefined
}

export interface SyncPeersParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Randomness
  /** Connects and waits for the welcome; DNS is resolved at each attempt. The PeerId that answered. */
  readonly connect: (address: string) => Promise<string>
  /** The peer of that team is connected now. */
  readonly onReached: (team: Uint8Array, peer: string) => void
}

/** Port of an address that names none: the swarm's. */
const swarmPort = 4001
/** Rate without one: 45 s, with 15 s of jitter either way. */
const defaultRateSeconds = 45
/** While a team is not synced, or its peer does not answer, it is tried this often. */
const eagerMs = 3_000

/** The sync peers of all teams: kept on disk, dialled at their rate with jitter. */
export class SyncPeers {
  readonly #parts: SyncPeersParts
  readonly #peers = new Map<string, SyncPeer>()
  readonly #timers = new Map<string, NodeJS.Timeout>()

  static async open(parts: SyncPeersParts): Promise<SyncPeers> {
    const peers = new SyncPeers(parts)
    for (const [, value] of await parts.store.meta.list('sync/')) peers.#keep(readRecord(value))
    return peers
  }

  private constructor(parts: SyncPeersParts) {
    this.#parts = parts
  }

  list(team: Uint8Array): SyncPeer[] {
    const teamHex = toHex(team)
    return [...this.#peers.values()].filter((peer) => toHex(peer.team) === teamHex)
  }

  /** AddSyncPeer: false where it was there already. A multiaddr, DNS name or IPv4, else ERR_INVALID_INPUT. */
  async add(team: Uint8Array, text: string, rateSeconds = defaultRateSeconds): Promise<boolean> {
    const address = canonical(text)
    const name = nameOf(team, address)
    if (this.#peers.has(name)) return false
    if (this.#peers.size >= limits.syncPeersMax)
      throw fail('ERR_TEAM_LIMIT', { found: this.#peers.size, what: 'sync peers', limit: limits.syncPeersMax })
    await this.#parts.store.meta.put(name, encodeCbor({ v: 1, address, team, rate: rateSeconds }))
    this.#keep({ address, team, rateSeconds, peer: undefined, lastAt: undefined, problem: undefined })
    this.#schedule(name, 0)
    return true
  }

  /** RemoveSyncPeer: false where it is not there. */
  async remove(team: Uint8Array, text: string): Promise<boolean> {
    const name = nameOf(team, canonical(text))
    if (!this.#peers.delete(name)) return false
    clearTimeout(this.#timers.get(name))
    this.#timers.delete(name)
    await this.#parts.store.meta.del(name)
    return true
  }

  async removeAll(team: Uint8Array): Promise<void> {
    for (const { address } of this.list(team)) await this.remove(team, address)
  }

  /** True for a peer that this team was given for: it may be told the team's name. */
  isGiven(team: Uint8Array, peer: string): boolean {
    return this.list(team).some((known) => known.peer === peer || known.address.endsWith(`/p2p/${peer}`))
  }

  /** Dials all, or those of one team, now. */
  async poll(team?: Uint8Array): Promise<void> {
    const peers = team === undefined ? [...this.#peers.values()] : this.list(team)
    await Promise.all(peers.map((peer) => this.#reach(peer)))
  }

  start(): void {
    for (const name of this.#peers.keys()) this.#schedule(name, 0)
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #keep(peer: SyncPeer): void {
    this.#peers.set(nameOf(peer.team, peer.address), peer)
  }

  #schedule(name: string, ms: number): void {
    clearTimeout(this.#timers.get(name))
    const timer = setTimeout(() => void this.#turn(name), ms)
    timer.unref()
    this.#timers.set(name, timer)
  }

  async #turn(name: string): Promise<void> {
    const peer = this.#peers.get(name)
    if (peer === undefined) return
    await this.#reach(peer)
    if (!this.#peers.has(name)) return
    const jitter = 2 / 3 + (this.#parts.random.bytes(1)[0] ?? 0) / 384
    const rate = peer.rateSeconds * 1_000 * jitter
    this.#schedule(name, peer.problem === undefined ? rate : Math.min(rate, eagerMs))
  }

  async #reach(peer: SyncPeer): Promise<void> {
    try {
      peer.peer = await this.#parts.connect(peer.address)
      peer.lastAt = this.#parts.clock.now()
      peer.problem = undefined
      this.#parts.onReached(peer.team, peer.peer)
    } catch (error) {
      peer.problem = asHyraxError(error).code
    }
  }
}

function canonical(text: string): string {
  return multiaddrText(parseNodeAddress(text, { port: swarmPort }))
}

function nameOf(team: Uint8Array, address: string): string {
  return `sync/${toHex(team)}/${toHex(utf8(address))}`
}

function readRecord(bytes: Uint8Array): SyncPeer {
  const map = decodeCbor(bytes)
  if (!isCborMap(map)) throw fail('ERR_CODEC_CBOR', { why: 'no sync peer' })
  const { address, team, rate } = map
  if (typeof address !== 'string' || !(team instanceof Uint8Array) || typeof rate !== 'number')
    throw fail('ERR_CODEC_CBOR', { why: 'no sync peer' })
  return { address, team, rateSeconds: rate, peer: undefined, lastAt: undefined, problem: undefined }
}
