import { toHex } from '../codec/index.ts'
import type { CommandStore } from '../team/index.ts'
import type { KeyValue } from './key-value.ts'
import { openLevel, type LevelOptions } from './level-key-value.ts'
import { memoryKeyValue } from './memory-key-value.ts'
import { TeamStore } from './team-store.ts'

/** A node's store. */
export interface Store {
  /** Files that were found damaged at the start and set aside (LevelDB alone). */
  readonly damaged: readonly string[]
  /** The commands of one team; the same object each time. Load it before appending. */
  team(team: Uint8Array): CommandStore
  /** Teams that have records, by their ids in hex: reads everything, so it is for when the list of teams may be lost. */
  teamsFound(): Promise<ReadonlySet<string>>
  /** Small records by name; every change is durable when it resolves (ERR_STORE_WRITE). */
  readonly meta: {
    get(name: string): Promise<Uint8Array | undefined>
    put(name: string, value: Uint8Array): Promise<void>
    del(name: string): Promise<void>
    /** Records whose name begins so, in order of names. */
    list(prefix: string): Promise<(readonly [name: string, value: Uint8Array])[]>
  }
  close(): Promise<void>
}

/**
 * Opens the store in a directory, making it if there is none. Its lock is the data directory's lock:
 * ERR_NODE_LOCKED where another process holds it; ERR_IO where it cannot be opened.
 */
export async function openStore(directory: string, options: LevelOptions = {}): Promise<Store> {
  return createStore(await openLevel(directory, options))
}

/** The same in memory; `entries` may be handed from one to the next, as a disk is. */
export function memoryStore(entries?: Map<string, Uint8Array>): Store {
  return createStore(memoryKeyValue(entries))
}

function createStore(keyValue: KeyValue): Store {
  const teams = new Map<string, CommandStore>()
  return {
    damaged: keyValue.damaged,
    team(team) {
      const teamHex = toHex(team)
      const known = teams.get(teamHex)
      if (known !== undefined) return known
      const made = new TeamStore(keyValue, teamHex)
      teams.set(teamHex, made)
      return made
    },
    async teamsFound() {
      const found = new Set<string>()
      for await (const [key] of keyValue.entries('t/')) found.add(key.slice(2, 66))
      return found
    },
    meta: {
      get: (name) => keyValue.get(`m/${name}`),
      put: (name, value) => keyValue.write([{ type: 'put', key: `m/${name}`, value }]),
      del: (name) => keyValue.write([{ type: 'del', key: `m/${name}` }]),
      async list(prefix) {
        const found: (readonly [string, Uint8Array])[] = []
        for await (const [key, value] of keyValue.entries(`m/${prefix}`)) found.push([key.slice(2), value])
        return found
      },
    },
    close: () => keyValue.close(),
  }
}
