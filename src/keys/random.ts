import { randomBytes } from 'node:crypto'
import type { Randomness } from '../base/index.ts'

/** The randomness of the operating system. */
export const systemRandom: Randomness = {
  bytes: (size) => new Uint8Array(randomBytes(size)),
}
