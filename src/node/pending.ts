import { createHash } from 'node:crypto'

/** A key or peer that was refused lately and that one command can admit. */
export interface PendingEntry {
  readonly id: string
  readonly kind: 'key' | 'peer'
  /** The ax public key or the PeerId. */
  readonly text: string
  readonly source: string
  readonly count: number
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Remembers who was refused, at most `entriesMax` of them; the oldest goes first. */
export interface Pending {
  note(kind: PendingEntry['kind'], text: string, source: string): void
  list(): PendingEntry[]
  get(id: string): PendingEntry | undefined
  /** True where there was one. */
  forget(id: string): boolean
}

const entriesMax = 256

export function createPending(now: () => number): Pending {
  const entries = new Map<string, PendingEntry>()
  return {
    note(kind, text, source) {
      // Short enough to type; it only has to tell the entries of one node apart.
      const id = createHash('sha256').update(`${kind} ${text}`).digest('hex').slice(0, 8)
      const count = (entries.get(id)?.count ?? 0) + 1
      entries.delete(id)
      entries.set(id, { id, kind, text, source, count, at: now() })
      const oldest = entries.keys().next()
      if (entries.size > entriesMax && oldest.done !== true) entries.delete(oldest.value)
    },
    list: () => [...entries.values()].reverse(),
    get: (id) => entries.get(id),
    forget: (id) => entries.delete(id),
  }
}
