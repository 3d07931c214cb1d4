import { afterPrefix, type Change, type KeyValue } from './key-value.ts'

/** Ordered keys in memory: for tests, simulations and nodes that shall forget. */
export function memoryKeyValue(entries = new Map<string, Uint8Array>()): KeyValue {
  return {
    damaged: [],
    get: (key) => Promise.resolve(entries.get(key)),
    async *entries(prefix) {
      const end = afterPrefix(prefix)
      const keys = [...entries.keys()].filter((key) => key >= prefix && key < end).sort()
      for (const key of keys) {
        const value = entries.get(key)
        if (value !== undefined) yield await Promise.resolve([key, value] as const)
      }
    },
    async *lots(prefix) {
      const lot: (readonly [string, Uint8Array])[] = []
      for await (const entry of this.entries(prefix)) lot.push(entry)
      yield lot
    },
    write(changes: readonly Change[]) {
      for (const change of changes) {
        if (change.type === 'put') entries.set(change.key, change.value.slice())
        else entries.delete(change.key)
      }
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
