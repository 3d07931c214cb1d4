import { asHyraxError, limits, type Log } from '../base/index.ts'
import { decodeCbor, encodeCbor, isCborMap, type CborValue } from '../codec/index.ts'
import type { Store } from '../store/index.ts'

/** A peer that was welcomed once, and where it said it listens. */
export interface RememberedPeer {
  readonly peer: string
  readonly addresses: readonly string[]
  /** Of the latest welcome, milliseconds since 1970. */
  readonly at: number
}

/**
 * Peers that were welcomed, kept on disk: a node that starts again finds its swarm by itself, even if nobody it was told
 * of by its operator is there. A memory admits nobody: each dial passes the gate. At most `limits.peersRememberedMax`.
 */
export interface PeerBook {
  list(): RememberedPeer[]
  /** Never fails: a memory that cannot be written is only logged. */
  keep(peer: string, addresses: readonly string[]): Promise<void>
}

const prefix = 'peer/'
/** A peer that says the same again is written again after this time alone, else each meeting cost a write. */
const refreshMs = 3_600_000

export async function openPeerBook(parts: { store: Store; log: Log; now: () => number }): Promise<PeerBook> {
  const { store, log, now } = parts
  const peers = new Map<string, RememberedPeer>()
  for (const [name, value] of await store.meta.list(prefix)) {
    const found = readRecord(name.slice(prefix.length), value)
    if (found !== undefined) peers.set(found.peer, found)
  }
  return {
    list: () => [...peers.values()].sort((a, b) => b.at - a.at),
    async keep(peer, addresses) {
      const known = peers.get(peer)
      const at = now()
      if (known?.addresses.join() === addresses.join() && Math.abs(at - known.at) < refreshMs) return
      peers.set(peer, { peer, addresses, at })
      try {
        await store.meta.put(`${prefix}${peer}`, encodeCbor({ v: 1, addresses: [...addresses], at }))
        await forgetOldest(peers, store)
      } catch (error) {
        log.warn('a peer address could not be kept', { peer, what: asHyraxError(error).message })
      }
    },
  }
}

async function forgetOldest(peers: Map<string, RememberedPeer>, store: Store): Promise<void> {
  if (peers.size <= limits.peersRememberedMax) return
  const [oldest] = [...peers.values()].sort((a, b) => a.at - b.at)
  if (oldest === undefined) return
  peers.delete(oldest.peer)
  await store.meta.del(`${prefix}${oldest.peer}`)
}

/** Undefined for a record of another version, or a damaged one: it will be learnt again. */
function readRecord(peer: string, value: Uint8Array): RememberedPeer | undefined {
  const record = valueOf(value)
  if (!isCborMap(record) || record['v'] !== 1 || !Array.isArray(record['addresses'])) return undefined
  const addresses = record['addresses'].filter((address) => typeof address === 'string')
  return typeof record['at'] === 'number' ? { peer, addresses, at: record['at'] } : undefined
}

function valueOf(bytes: Uint8Array): CborValue {
  try {
    return decodeCbor(bytes)
  } catch {
    return null
  }
}
