import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Gate } from '../access/index.ts'
import { refuse, type Log, type Randomness, type Refusal } from '../base/index.ts'
import type { Keys } from '../keys/index.ts'
import {
  createSourceLimits,
  isLoopbackSource,
  sourceOf,
  type SourceEntry,
  type SourceLimits,
  type SourceLimitsOptions,
} from './source-limits.ts'

export interface AdmissionParts {
  readonly keys: Pick<Keys, 'isValidPoint'>
  readonly log: Log
  readonly random: Randomness
  /** Absent on the admin host: there the verdict is the first frame. */
  readonly gate?: Gate | undefined
  /** Connections open now. */
  readonly connections: () => number
  /** A connection was turned away; for the book of failures. */
  readonly onRefused?: ((refused: Refused) => void) | undefined
}

export interface AdmissionOptions {
  readonly connectionsMax: number
  /** Of those, free for sources that `isExpectedSource` names and peers that the gate lists. */
  readonly connectionsReserved?: number
  readonly isExpectedSource?: (source: string) => boolean
  /** Sources that penalties do not count for, beside this machine's own. */
  readonly isSparedSource?: (source: string) => boolean
  readonly sources?: SourceLimitsOptions
}

/** A connection that the gate or a limit turned away. */
export interface Refused {
  readonly direction: 'inbound' | 'outbound'
  readonly peer?: string
  readonly address: string
  readonly refusal: Refusal
}

export interface Admission {
  readonly gater: ConnectionGater
  readonly sources: SourceLimits
  /** Adds to the penalties of the source of an address; this machine's own has none. */
  penalise(address: string, penaltyMs: number): void
  /** The gate's verdict on a peer, by itself; also that its key is one we accept. */
  judge(direction: 'inbound' | 'outbound', peer: PeerId): Refusal | undefined
  /** Why a dial to this address was turned away here, once. */
  takeRefusal(address: string): Refusal | undefined
}

/** Refused by the gate after a full handshake: it cost us a signature and a key exchange. */
const unlistedPenaltyMs = 5_000
const refusalsKeptMax = 256

/**
 * The gater of a host. Every hook is synchronous, over values in memory: one that never settles would hold its slot
 * beyond the upgrade limit (`STACK.md` 7). `denyInboundConnection` knows the source address only, and carries the caps;
 * the lists are asked where Noise has proved a PeerId, and outbound before the dial as well.
 */
export function createAdmission(parts: AdmissionParts, options: AdmissionOptions): Admission {
  return new HostAdmission(parts, options)
}

class HostAdmission implements Admission {
  readonly gater: ConnectionGater
  readonly sources: SourceLimits
  readonly #parts: AdmissionParts
  readonly #options: AdmissionOptions
  readonly #pending = new WeakMap<MultiaddrConnection, SourceEntry>()
  readonly #refusals = new Map<string, Refusal>()

  constructor(parts: AdmissionParts, options: AdmissionOptions) {
    this.#parts = parts
    this.#options = options
    this.sources = createSourceLimits(parts, options.sources)
    const denyInbound = (peer: PeerId, connection: MultiaddrConnection): boolean =>
      this.#deniesInbound(peer, connection)
    const denyOutbound = (peer: PeerId, connection: MultiaddrConnection): boolean =>
      this.#deniesOutbound(peer, connection.remoteAddr.toString())
    this.gater = {
      // The library's default refuses private addresses in browsers; here every address is the gate's matter.
      denyDialMultiaddr: (_address: Multiaddr) => parts.gate?.admitDial(undefined).kind === 'refuse',
      denyDialPeer: (peer) => this.judge('outbound', peer) !== undefined,
      denyInboundConnection: (connection) => this.#deniesStranger(connection),
      denyInboundEncryptedConnection: denyInbound,
      // Judged again: the list may have changed during the handshake.
      denyInboundUpgradedConnection: (peer, connection) => {
        const isDenied = denyInbound(peer, connection)
        this.#pending.get(connection)?.leave()
        return isDenied
      },
      denyOutboundEncryptedConnection: denyOutbound,
      denyOutboundUpgradedConnection: denyOutbound,
    }
  }

  judge(direction: 'inbound' | 'outbound', peer: PeerId): Refusal | undefined {
    const { gate, keys } = this.#parts
    const key = peer.publicKey
    if (key?.type !== 'Ed25519') return refuse('ERR_KEYS_KIND', { found: key?.type ?? 'unknown', expected: 'Ed25519' })
    if (!keys.isValidPoint(key.raw)) return refuse('ERR_KEYS_POINT')
    const verdict = direction === 'inbound' ? gate?.admitInbound(peer.toString()) : gate?.admitOutbound(peer.toString())
    return verdict?.kind === 'refuse' ? verdict : undefined
  }

  takeRefusal(address: string): Refusal | undefined {
    const refusal = this.#refusals.get(address)
    this.#refusals.delete(address)
    return refusal
  }

  // One misconfigured node must not shut out its neighbours: those on this machine share the address, and behind a
  // source that peers of ours come from there may be more of them.
  penalise(address: string, penaltyMs: number): void {
    const source = sourceOf(address)
    const isSpared = isLoopbackSource(source) || (this.#options.isSparedSource?.(source) ?? false)
    if (!isSpared) this.sources.penalise(source, penaltyMs, performance.now())
  }

  #deniesStranger(connection: MultiaddrConnection): boolean {
    const source = sourceOf(connection.remoteAddr.toString())
    if (this.#isFull(this.#isExpected(source))) return true
    const entry = this.sources.enter(source, performance.now())
    if (entry.kind === 'refuse') {
      this.#parts.log.debug('inbound connection shed', { source, reason: entry.reason })
      return true
    }
    this.#pending.set(connection, entry)
    connection.addEventListener('close', () => {
      entry.leave()
    })
    return false
  }

  #deniesInbound(peer: PeerId, connection: MultiaddrConnection): boolean {
    const address = connection.remoteAddr.toString()
    const isListed = this.#parts.gate?.isListed(peer.toString()) ?? false
    const refusal = this.judge('inbound', peer) ?? (this.#isFull(isListed) ? refuse('ERR_SWARM_BUSY') : undefined)
    if (refusal === undefined) return false
    if (refusal.code !== 'ERR_SWARM_BUSY') this.penalise(address, unlistedPenaltyMs)
    return this.#turnAway({ direction: 'inbound', peer: peer.toString(), address, refusal })
  }

  #deniesOutbound(peer: PeerId, address: string): boolean {
    const refusal = this.judge('outbound', peer)
    if (refusal === undefined) return false
    if (this.#refusals.size >= refusalsKeptMax) this.#refusals.clear()
    this.#refusals.set(address, refusal)
    return this.#turnAway({ direction: 'outbound', peer: peer.toString(), address, refusal })
  }

  #turnAway(refused: Refused): true {
    const { direction, address, refusal } = refused
    this.#parts.log.debug('connection refused', { direction, address, code: refusal.code })
    this.#parts.onRefused?.(refused)
    return true
  }

  #isExpected(source: string): boolean {
    return this.#options.isExpectedSource?.(source) ?? false
  }

  #isFull(isExpected: boolean): boolean {
    const reserved = isExpected ? 0 : (this.#options.connectionsReserved ?? 0)
    return this.#parts.connections() >= this.#options.connectionsMax - reserved
  }
}
