import { describe, type ErrorCode, type ErrorData, type HyraxError, type Log } from '../base/index.ts'

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

/** Log lines in a minute: whoever makes a new identity for every try fills no disk. */
const loggedPerMinuteMax = 60

/**
 * Bounded: the same peer (or, without one, the same host) failing the same way is one line with a count. The log gets
 * the first, the tenth, the hundredth of a kind, at most `loggedPerMinuteMax` a minute.
 */
export function createFailureBook(now: () => number, log: Pick<Log, 'warn'>): FailureBook {
  const lines = new Map<string, Failure>()
  let minute = -1
  let logged = 0
  const tell = ({ peer, address, direction, code, data, at, count }: Failure): void => {
    if (!/^10*$/.test(String(count))) return
    if (Math.floor(at / 60_000) !== minute) {
      minute = Math.floor(at / 60_000)
      logged = 0
    }
    logged += 1
    if (logged > loggedPerMinuteMax) return
    log.warn('no connection', { peer, address, direction, code, why: describe(code, data).message, count })
  }
  return {
    note({ peer, address, direction }, { code, data }) {
      // Inbound ports differ at each try: a stranger counts by its host alone.
      const who = peer ?? (direction === 'inbound' ? address?.replace(/\/tcp\/\d+.*$/, '') : address) ?? '?'
      const key = `${direction} ${code} ${who}`
      const before = lines.get(key)
      lines.delete(key)
      const count = (before?.count ?? 0) + 1
      const line = { peer: peer ?? null, address: address ?? null, direction, code, data, at: now(), count }
      lines.set(key, line)
      tell(line)
      const [oldest] = lines.keys()
      if (lines.size > failuresMax && oldest !== undefined) lines.delete(oldest)
    },
    clear(peer) {
      for (const [key, line] of lines) if (line.peer === peer) lines.delete(key)
    },
    list: () => [...lines.values()].reverse(),
  }
}
