/**
 * What floors 0 to 4 are given instead of taking it: time, randomness and a place to report to.
 * A simulation hands in its own and replays bit for bit.
 */

/** Wall clock. It informs people and expiries; the law of teams never asks it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}

/** Source of random bytes. */
export interface Randomness {
  /** `size` fresh bytes. */
  bytes(size: number): Uint8Array
}

/** Structured log. One event, one line; `event` is a constant text, values go to `data`, never a secret. */
export interface Log {
  debug(event: string, data?: Record<string, unknown>): void
  info(event: string, data?: Record<string, unknown>): void
  warn(event: string, data?: Record<string, unknown>): void
  error(event: string, data?: Record<string, unknown>): void
}

/** A log that says nothing. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
