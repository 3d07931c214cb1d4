import type { Randomness } from '../../src/base/index.ts'

/** Randomness that a seed replays bit for bit (mulberry32), with the draws that tests need. */
export interface SeededRandomness extends Randomness {
  /** An integer of 0 … bound - 1. */
  below(bound: number): number
  pick<T>(items: readonly T[]): T
}

export function createSeededRandomness(seed: number): SeededRandomness {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => next() % bound
  return {
    bytes: (size) => Uint8Array.from({ length: size }, () => below(256)),
    below,
    pick: (items) => items[below(items.length)]!,
  }
}
