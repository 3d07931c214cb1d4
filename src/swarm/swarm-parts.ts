import type { Gate } from '../access/index.ts'
import type { Clock, Log, Randomness } from '../base/index.ts'
import type { Identity, Keys } from '../keys/index.ts'
import type { DialerOptions } from './dialer.ts'
import type { ListDigests } from './hello.ts'

export interface SwarmParts {
  readonly identity: Identity
  readonly keys: Keys
  /** 32 bytes each. The first is used to dial; while a key is rotated the others are accepted too. See `Swarm.setKeys`. */
  readonly swarmKeys: readonly Uint8Array[]
  readonly gate: Gate
  readonly clock: Clock
  readonly random: Randomness
  readonly log: Log
  /** Shown to peers; at most 64 bytes are told. */
  readonly name: string | (() => string)
  readonly agent: string
  /** Peer binding of this node's device, if it has one. */
  readonly binding?: () => Uint8Array | null
  readonly listsDigests?: () => ListDigests | null
}

export interface SwarmOptions {
  readonly listen: readonly string[]
  /** Told to peers in place of what is listened on. */
  readonly announce?: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly static?: readonly string[]
  readonly dialer?: DialerOptions
  /** Sources without limits of their own (`swarm/exemptSources`). */
  readonly isExemptSource?: (source: string) => boolean
  readonly pingMs?: number
  readonly localAddress?: string
}

export interface PeerInfo {
  readonly peer: string
  /** Foreign text: escape before showing. */
  readonly name: string
  readonly agent: string
  readonly addrs: readonly string[]
  readonly direction: 'inbound' | 'outbound'
  /** Milliseconds since 1970. */
  readonly since: number
  readonly state: 'welcomed' | 'connected'
  readonly remoteAddr: string
  readonly latency?: number
  readonly gate?: 'open' | 'permissioned'
  readonly lists: ListDigests | null
  /** Fingerprint of the swarm key that this connection uses. */
  readonly swarmKey: string
  /** Fingerprint of the swarm key that it is turning to, as it said at the beginning. */
  readonly keyNext: string | null
  readonly binding: Uint8Array | null
}
