import { limits } from '../base/index.ts'

/**
 * Commands of a newer version, and what descends from them: neither refused nor applied, within 10,000 commands or 16 MiB.
 * The newest is left out where the pool is full; sync brings it again.
 */
export class ParkedPool {
  readonly #parked = new Map<string, Uint8Array>()
  #bytes = 0

  get size(): number {
    return this.#parked.size
  }

  has(idHex: string): boolean {
    return this.#parked.has(idHex)
  }

  /** False where it was there already or a bound is reached. */
  add(idHex: string, bytes: Uint8Array): boolean {
    if (this.#parked.has(idHex) || this.#parked.size >= limits.parkedMax) return false
    if (this.#bytes + bytes.length > limits.parkedBytesMax) return false
    this.#parked.set(idHex, bytes)
    this.#bytes += bytes.length
    return true
  }
}
