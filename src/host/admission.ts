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
  const sources = createSourceLimits(parts, options.sources)
  const pending = new WeakMap<MultiaddrConnection, SourceEntry>()
  const refusals = new Map<string, Refusal>()

  const noteOutbound = (address: string, refusal: Refusal): void => {
    if (refusals.size >= refusalsKeptMax) refusals.clear()
    refusals.set(address, refusal)
  }

  const judge = (direction: 'inbound' | 'outbound', peer: PeerId): Refusal | undefined => {
    const key = peer.publicKey
    if (key?.type !== 'Ed25519') return refuse('ERR_KEYS_KIND', { found: key?.type ?? 'unknown', expected: 'Ed25519' })
    if (!parts.keys.isValidPoint(key.raw)) return refuse('ERR_KEYS_POINT')
    if (parts.gate === undefined) return undefined
    const verdict =
      direction === 'inbound' ? parts.gate.admitInbound(peer.toString()) : parts.gate.admitOutbound(peer.toString())
    return verdict.kind === 'refuse' ? verdict : undefined
  }

  // One misconfigured node must not shut out its neighbours: those on this machine share the address, and behind a
  // source that peers of ours come from there may be more of them.
  const penalise = (address: string, penaltyMs: number): void => {
    const source = sourceOf(address)
    const isSpared = isLoopbackSource(source) || (options.isExpectedSource?.(source) ?? false)
    if (!isSpared) sources.penalise(source, penaltyMs, performance.now())
  }

  const isFull = (isExpected: boolean): boolean => {
    const reserved = isExpected ? 0 : (options.connectionsReserved ?? 0)
    return parts.connections() >= options.connectionsMax - reserved
  }

  const turnAway = (refused: Refused): true => {
    parts.log.debug('connection refused', {
      direction: refused.direction,
      address: refused.address,
      code: refused.refusal.code,
    })
    parts.onRefused?.(refused)
    return true
  }

  const judgeInbound = (peer: PeerId, connection: MultiaddrConnection): boolean => {
    const address = connection.remoteAddr.toString()
    const isExpected = parts.gate?.isListed(peer.toString()) ?? false
    const refusal = judge('inbound', peer) ?? (isFull(isExpected) ? refuse('ERR_SWARM_BUSY') : undefined)
    if (refusal === undefined) return false
    if (refusal.code !== 'ERR_SWARM_BUSY') penalise(address, unlistedPenaltyMs)
    return turnAway({ direction: 'inbound', peer: peer.toString(), address, refusal })
  }

  const judgeOutbound = (peer: PeerId, address: string): boolean => {
    const refusal = judge('outbound', peer)
    if (refusal === undefined) return false
    noteOutbound(address, refusal)
    return turnAway({ direction: 'outbound', peer: peer.toString(), address, refusal })
  }

  const gater: ConnectionGater = {
    // The default of libp2p refuses private addresses in browsers; here every address is the gate's matter.
    denyDialMultiaddr: (_address: Multiaddr) => parts.gate?.admitDial(undefined).kind === 'refuse',
    denyDialPeer: (peer) => judge('outbound', peer) !== undefined,
    denyInboundConnection(connection) {
      const address = connection.remoteAddr.toString()
      const source = sourceOf(address)
      if (isFull(options.isExpectedSource?.(source) ?? false)) return true
      const entry = sources.enter(source, performance.now())
      if (entry.kind === 'refuse') {
        parts.log.debug('inbound connection shed', { source, reason: entry.reason })
        return true
      }
      pending.set(connection, entry)
      connection.addEventListener('close', entry.leave)
      return false
    },
    denyInboundEncryptedConnection: judgeInbound,
    denyInboundUpgradedConnection(peer, connection) {
      // Judged again: the list may have changed during the handshake.
      const denied = judgeInbound(peer, connection)
      pending.get(connection)?.leave()
      return denied
    },
    denyOutboundEncryptedConnection: (peer, connection) => judgeOutbound(peer, connection.remoteAddr.toString()),
    denyOutboundUpgradedConnection: (peer, connection) => judgeOutbound(peer, connection.remoteAddr.toString()),
  }

  return {
    gater,
    sources,
    judge,
    penalise,
    takeRefusal(address) {
      const refusal = refusals.get(address)
      refusals.delete(address)
      return refusal
    },
  }
}
