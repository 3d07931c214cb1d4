import { swarmKeyFingerprint } from '../keys/index.ts'

/** A key of 32 bytes with the 32 hex digits that stand for it where people see it. */
export interface RingKey {
  readonly key: Uint8Array
  readonly fingerprint: string
}

/**
 * The swarm keys of one node: the first is dialled with, each is accepted. While a key is rotated there are two. It also
 * knows which connection uses which key, so that those of a retired one can be cut, in mid-handshake too.
 */
export interface KeyRing {
  readonly keys: readonly RingKey[]
  /** Replaces the keys: they count for every connection that begins from now on. */
  replace(keys: readonly Uint8Array[]): void
  /** True for a connection whose key is no longer there. */
  isStale(timeline: object): boolean
  /** Cuts every connection whose key is no longer there, in mid-handshake too. Returns how many. */
  cutStale(): number
  /** The key to dial an address with: the first, unless that one was just turned down there. */
  keyFor(address: string): RingKey
  /** Another key is spoken at the address: the next dial tries the next of ours. */
  turnedDown(address: string, tried: RingKey): void
  /** The address took our key: the next dial begins with the first again. */
  taken(address: string): void
  /** A connection begins to use a key. `timeline` is that of the transport's connection, the same object all the way up. */
  enter(key: RingKey, timeline: object, cut: () => void): RingEntry
  /** Fingerprint of the key that a connection uses. */
  fingerprintOf(timeline: object): string | undefined
}

/** One connection in the ring's book. */
export interface RingEntry {
  /** The connection is over. Idempotent. */
  leave(): void
}

const addressesRememberedMax = 1_024

/** A ring of these keys; no key at all fits nobody. */
export function createKeyRing(swarmKeys: readonly Uint8Array[]): KeyRing {
  let keys = withFingerprints(swarmKeys)
  const next = new Map<string, string>()
  const live = new Map<object, { readonly fingerprint: string; readonly cut: () => void }>()
  const nobodys: RingKey = { key: new Uint8Array(32), fingerprint: '' }
  return {
    get keys() {
      return keys
    },
    replace(swarmKeysNow) {
      keys = withFingerprints(swarmKeysNow)
      next.clear()
    },
    isStale(timeline) {
      const fingerprint = live.get(timeline)?.fingerprint
      return fingerprint !== undefined && !has(keys, fingerprint)
    },
    cutStale() {
      const gone = [...live.values()].filter(({ fingerprint }) => !has(keys, fingerprint))
      for (const { cut } of gone) cut()
      return gone.length
    },
    keyFor(address) {
      const fingerprint = next.get(address)
      return keys.find((known) => known.fingerprint === fingerprint) ?? keys[0] ?? nobodys
    },
    turnedDown(address, tried) {
      const at = keys.findIndex(({ fingerprint }) => fingerprint === tried.fingerprint)
      const following = at < 0 ? undefined : keys[at + 1]
      if (next.size >= addressesRememberedMax) next.clear()
      if (following === undefined) next.delete(address)
      else next.set(address, following.fingerprint)
    },
    taken(address) {
      next.delete(address)
    },
    enter({ fingerprint }, timeline, cut) {
      live.set(timeline, { fingerprint, cut })
      return { leave: () => void live.delete(timeline) }
    },
    fingerprintOf: (timeline) => live.get(timeline)?.fingerprint,
  }
}

function withFingerprints(keys: readonly Uint8Array[]): readonly RingKey[] {
  return keys.map((key) => ({ key, fingerprint: swarmKeyFingerprint(key) }))
}

function has(keys: readonly RingKey[], wanted: string): boolean {
  return keys.some(({ fingerprint }) => fingerprint === wanted)
}
