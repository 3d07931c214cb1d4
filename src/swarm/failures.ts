import type { ErrorCode, ErrorData, HyraxError } from '../base/index.ts'

/** A peer or an address with which no connection came about lately, and why. */
export interface Failure {
  /** Null where it never proved one. */
  readonly peer: string | null
  /** Multiaddr text; null where it does not matter. */
  readonly address: string | null
  readonly direction: 'inbound' | 'outbound'
  readonly code: ErrorCode
  readonly data: ErrorData
  /** Of the latest, milliseconds since 1970. */
  readonly at: number
  readonly count: number
}

export interface FailureBook {
  note(
    about: { peer?: string | undefined; address?: string | undefined; direction: 'inbound' | 'outbound' },
    error: Pick<HyraxError, 'code' | 'data'>,
  ): void
  /** Forgets what is held against a peer that has been welcomed since. */
  clear(peer: string): void
  /** Latest first. */
  list(): Failure[]
}

const failuresMax = 100

/** Bounded: the same peer (or, without one, the same host) failing the same way is one line with a count. */
export function createFailureBook(now: () => number): FailureBook {
  const lines = new Map<string, Failure>()
  return {
    note({ peer, address, direction }, { code, data }) {
      // Inbound ports differ at each try: a stranger counts by its host alone.
      const who = peer ?? (direction === 'inbound' ? address?.replace(/\/tcp\/\d+.*$/, '') : address) ?? '?'
      const key = `${direction} ${code} ${who}`
      const before = lines.get(key)
      lines.delete(key)
      lines.set(key, {
        peer: peer ?? null,
        address: address ?? null,
        direction,
        code,
        data,
        at: now(),
        count: (before?.count ?? 0) + 1,
      })
      const [oldest] = lines.keys()
      if (lines.size > failuresMax && oldest !== undefined) lines.delete(oldest)
    },
    clear(peer) {
      for (const [key, line] of lines) if (line.peer === peer) lines.delete(key)
    },
    list: () => [...lines.values()].reverse(),
  }
}
