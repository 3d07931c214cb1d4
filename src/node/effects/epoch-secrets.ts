import { equalBytes, toHex } from '../../codec/index.ts'
import type { Keys } from '../../keys/index.ts'
import { boxAt, openEpochBox, type CommandStore, type TeamState } from '../../team/index.ts'
import type { KeyRing } from '../key-ring.ts'

export interface EpochSecretsParts {
  readonly team: Uint8Array
  /** Own device id, 32 bytes. */
  readonly device: Uint8Array
  readonly keys: Keys
  readonly ring: KeyRing
  readonly store: Pick<CommandStore, 'boxes' | 'ownBox' | 'dropBoxes' | 'keepOwnBox'>
  /** Called after an epoch was opened: what waits for its secret may go on. */
  readonly onOpened: () => void
}

type Epoch = TeamState['epochs'][number]

/**
 * The secrets of a team's epochs, in memory and nowhere else: each is opened from this device's box, with any key that it
 * still has, as soon as the boxes are here. They are never written, logged or shown.
 */
export class EpochSecrets {
  readonly #parts: EpochSecretsParts
  readonly #secrets = new Map<string, Uint8Array>()
  #isOpening = false
  #isClosed = false
  #work: Promise<void> = Promise.resolve()
  #again: readonly Epoch[] | undefined

  constructor(parts: EpochSecretsParts) {
    this.#parts = parts
  }

  /** The secret of an epoch, 32 bytes, as a copy that the caller wipes; undefined where it is not open here. */
  get(epoch: Uint8Array): Uint8Array | undefined {
    return this.#secrets.get(toHex(epoch))?.slice()
  }

  has(epochHex: string): boolean {
    return this.#secrets.has(epochHex)
  }

  /** Opens what can be opened and is not yet, newest first. */
  refresh(epochs: readonly Epoch[]): void {
    this.#again = epochs
    if (!this.#isOpening && !this.#isClosed) this.#work = this.#openAll()
  }

  /** Resolves when what can be opened now is open. */
  opened(): Promise<void> {
    return this.#work
  }

  /**
   * Drops boxes from the disk but the one at that place (-1: none), so that this device reads what it could read. A try that
   * fails is made again at the next start.
   */
  async dropBoxes(hash: Uint8Array, place: number): Promise<void> {
    const { store } = this.#parts
    const boxes = place < 0 ? undefined : await store.boxes(hash).catch(() => undefined)
    await store.dropBoxes(hash, boxes && boxAt(boxes, place)).catch(() => undefined)
  }

  /** Takes a box that is said to be this device's of an epoch; one that opens to its secret is kept. */
  async offered(epoch: Uint8Array, box: Uint8Array): Promise<void> {
    const { team, keys, ring, store, onOpened } = this.#parts
    if (this.#secrets.has(toHex(epoch))) return
    const secret = ring.encryption.toReversed().reduce<Uint8Array | undefined>((found, { pair }) => {
      return found ?? openEpochBox(keys, pair, box, { team, epoch })
    }, undefined)
    if (secret === undefined || this.#isClosed) return
    this.#secrets.set(toHex(epoch), secret)
    // Where it cannot be written it is asked for again after the next start.
    await store.keepOwnBox(epoch, box).catch(() => undefined)
    onOpened()
  }

  /** Wipes them all. */
  close(): void {
    this.#isClosed = true
    for (const secret of this.#secrets.values()) this.#parts.keys.memzero(secret)
    this.#secrets.clear()
  }

  async #openAll(): Promise<void> {
    this.#isOpening = true
    try {
      while (this.#again !== undefined) {
        const epochs = this.#again
        this.#again = undefined
        let isOpened = false
        for (const epoch of epochs.toReversed()) isOpened = (await this.#open(epoch)) || isOpened
        if (isOpened) this.#parts.onOpened()
      }
    } finally {
      this.#isOpening = false
    }
  }

  /** One that this device was given although it has no box in it. */
  async #openGiven(epoch: Uint8Array): Promise<boolean> {
    const box = await this.#parts.store.ownBox(epoch).catch(() => undefined)
    if (box === undefined) return false
    await this.offered(epoch, box)
    return this.#secrets.has(toHex(epoch))
  }

  /** True where this opened it now. */
  async #open({ id, idHex, recipients, boxesHash }: Epoch): Promise<boolean> {
    const { team, device, keys, ring, store } = this.#parts
    if (this.#secrets.has(idHex)) return false
    const place = recipients.findIndex(([recipient]) => equalBytes(recipient, device))
    if (place < 0) return this.#openGiven(id)
    const boxes = await store.boxes(boxesHash).catch(() => undefined)
    // Of one whose boxes had to go, our own is still here.
    const box = boxes === undefined ? await store.ownBox(boxesHash).catch(() => undefined) : boxAt(boxes, place)
    if (box === undefined) return false
    const key = recipients[place]?.[2]
    const pair = ring.encryption.find(({ pair }) => key !== undefined && equalBytes(pair.publicKey, key))?.pair
    const secret = pair && openEpochBox(keys, pair, box, { team, epoch: id })
    if (secret === undefined) return false
    if (this.#isClosed) {
      keys.memzero(secret)
      return false
    }
    this.#secrets.set(idHex, secret)
    return true
  }
}
