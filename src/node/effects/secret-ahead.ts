import { limits, type Randomness } from '../../base/index.ts'
import { toHex } from '../../codec/index.ts'
import type { Keys } from '../../keys/index.ts'
import { mayRotate, recipientsOf, type Recipient, type SecretAhead, type TeamState } from '../../team/index.ts'

export interface SecretsAheadParts {
  readonly keys: Pick<Keys, 'sealTo' | 'memzero'>
  readonly random: Randomness
  /** For whom an epoch would be made now; none where this device may not make one. */
  readonly recipients: () => readonly Recipient[]
}

/** For whom a device would make an epoch now: nobody where it may not. */
export function recipientsBy(state: TeamState, deviceHex: string): readonly Recipient[] {
  return state.open && mayRotate(state, deviceHex) ? recipientsOf(state) : []
}

/**
 * The secret of the next epoch and its boxes, made before they are asked for, a few at a time: 512 boxes in one go hold up
 * everything else for a tenth of a second, and a removal makes its epoch in the same breath. Small teams need none of it.
 * The secret stays in memory, like those of the epochs that are open here, and is nobody's until it is taken.
 */
export class SecretsAhead {
  readonly #parts: SecretsAheadParts
  #secret: Uint8Array | undefined
  #boxes = new Map<string, Uint8Array>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(parts: SecretsAheadParts) {
    this.#parts = parts
  }

  /** The members may be others now: what is missing is made a moment later. */
  changed(): void {
    this.#later(limits.boxesAheadMsWait)
  }

  /** What is ready, which is then the caller's to use and wipe; undefined where nothing is. */
  take(): SecretAhead | undefined {
    if (this.#secret === undefined) return undefined
    const taken = { secret: this.#secret, boxes: this.#boxes }
    this.#secret = undefined
    this.#boxes = new Map()
    this.changed()
    return taken
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#forget()
  }

  #later(ms: number): void {
    if (this.#isClosed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#slice()
    }, ms)
    this.#timer.unref()
  }

  #slice(): void {
    const { keys, random, recipients } = this.#parts
    const wanted = recipients()
    if (wanted.length <= limits.boxesAtOnceMax) {
      this.#forget()
      return
    }
    const byKey = new Map(wanted.map(([, , key]) => [toHex(key), key]))
    for (const keyHex of this.#boxes.keys()) if (!byKey.has(keyHex)) this.#boxes.delete(keyHex)
    const missing = [...byKey].filter(([keyHex]) => !this.#boxes.has(keyHex))
    const secret = (this.#secret ??= random.bytes(32))
    for (const [keyHex, key] of missing.slice(0, limits.boxesAtOnceMax))
      this.#boxes.set(keyHex, keys.sealTo(key, secret, random))
    if (missing.length > limits.boxesAtOnceMax) this.#later(limits.boxesAheadMsInterval)
  }

  #forget(): void {
    if (this.#secret !== undefined) this.#parts.keys.memzero(this.#secret)
    this.#secret = undefined
    this.#boxes.clear()
  }
}
