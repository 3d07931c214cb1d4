import { asHyraxError, type Log } from '../../base/index.ts'
import { decodeCbor, encodeCbor, isCborMap, type CborValue } from '../../codec/index.ts'
import type { Store } from '../../store/index.ts'

/**
 * The largest sequence of a peer binding that each device has shown (`TEAM.md` 3), kept on disk: a binding that a device
 * gave up does not count again because this node was started again. It is for devices that a team knows or knew, and one
 * that never showed another number than 0 takes no room.
 */
export interface BindingBook {
  /** Reads what the disk has; called once, before the first peer. */
  load(): Promise<void>
  /** 0 where nothing is known of a device, given by the hex of its id. */
  largest(deviceHex: string): number
  /** Never fails: a number that cannot be written is only logged, and counts until the node stops. */
  note(deviceHex: string, sequence: number): void
}

const prefix = 'binding/'

export function createBindingBook({ store, log }: { store: Pick<Store, 'meta'>; log: Log }): BindingBook {
  const sequences = new Map<string, number>()
  return {
    async load() {
      for (const [name, value] of await store.meta.list(prefix)) {
        const sequence = readRecord(value)
        if (sequence !== undefined) sequences.set(name.slice(prefix.length), sequence)
      }
    },
    largest: (deviceHex) => sequences.get(deviceHex) ?? 0,
    note(deviceHex, sequence) {
      if (sequence <= (sequences.get(deviceHex) ?? 0)) return
      sequences.set(deviceHex, sequence)
      store.meta.put(`${prefix}${deviceHex}`, encodeCbor({ v: 1, seq: sequence })).catch((error: unknown) => {
        log.warn('the number of a peer binding could not be kept', { what: asHyraxError(error).message })
      })
    },
  }
}

/** Undefined for a record of another version, or a damaged one: the device shows its number again. */
function readRecord(value: Uint8Array): number | undefined {
  const record = valueOf(value)
  const isOurs = isCborMap(record) && record['v'] === 1 && typeof record['seq'] === 'number'
  return isOurs ? Number(record['seq']) : undefined
}

function valueOf(bytes: Uint8Array): CborValue {
  try {
    return decodeCbor(bytes)
  } catch {
    return null
  }
}
