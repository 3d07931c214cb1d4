import { limits } from '../base/index.ts'
import { RecentMap } from './recent-map.ts'

/** A command that waits for a newer version. */
export interface ParkedCommand {
  readonly id: Uint8Array
  readonly idHex: string
  readonly bytes: Uint8Array
  readonly parentHexes: readonly string[]
  /** Who pays for the room: its author where that is a member, else the peer that sent it. */
  readonly holder: string
  /** Author and number, where they can be read: so that a frontier that names them is not asked for again. */
  readonly place: string | undefined
}

/** One holder's share, with those of its commands that no parked command descends from, oldest first. */
interface Share {
  bytes: number
  readonly tips: Set<string>
}

/**
 * Commands of a newer version, and what descends from them: neither refused nor applied, within 10,000 commands or 16 MiB.
 * Where the pool is full, the oldest tip of whoever holds most goes out, and is fetched again later: so one member cannot
 * drive out what others have parked.
 */
export class ParkedPool {
  readonly #parked = new Map<string, ParkedCommand>()
  readonly #places = new Set<string>()
  /** Parked children by parent id. */
  readonly #children = new Map<string, number>()
  readonly #shares = new Map<string, Share>()
  /** Ids and places left out, with the time from which they are wanted again. */
  readonly #leftOut = new RecentMap<string, number>(2 * limits.parkedMax)
  #bytes = 0

  get size(): number {
    return this.#parked.size
  }

  get bytes(): number {
    return this.#bytes
  }

  has(idHex: string): boolean {
    return this.#parked.has(idHex)
  }

  /** True also for what was left out a short while ago: to fetch it now would only drive out another. */
  knows(idHex: string, now: number): boolean {
    return this.#parked.has(idHex) || this.#isLeftOut(idHex, now)
  }

  knowsPlace(place: string, now: number): boolean {
    return this.#places.has(place) || this.#isLeftOut(place, now)
  }

  /** Takes a command in, once; answers with those that had to go for it, which may be the command itself. */
  add(command: ParkedCommand, now: number): readonly ParkedCommand[] {
    if (this.#parked.has(command.idHex)) return []
    this.#insert(command)
    const gone: ParkedCommand[] = []
    while (this.#parked.size > limits.parkedMax || this.#bytes > limits.parkedBytesMax) {
      const tip = this.#oldestTip()
      if (tip === undefined) break
      this.#remove(tip)
      for (const name of [tip.idHex, tip.place])
        if (name !== undefined) this.#leftOut.set(name, now + limits.parkedAgainMs)
      gone.push(tip)
    }
    return gone
  }

  #isLeftOut(name: string, now: number): boolean {
    const until = this.#leftOut.get(name)
    return until !== undefined && now < until
  }

  #insert(command: ParkedCommand): void {
    const { idHex, bytes, parentHexes, holder, place } = command
    this.#parked.set(idHex, command)
    this.#bytes += bytes.length
    if (place !== undefined) this.#places.add(place)
    for (const parent of parentHexes) {
      this.#children.set(parent, (this.#children.get(parent) ?? 0) + 1)
      const above = this.#parked.get(parent)
      if (above !== undefined) this.#shares.get(above.holder)?.tips.delete(parent)
    }
    const share = this.#shares.get(holder) ?? { bytes: 0, tips: new Set() }
    this.#shares.set(holder, share)
    share.bytes += bytes.length
    if (!this.#children.has(idHex)) share.tips.add(idHex)
  }

  #remove({ idHex, bytes, parentHexes, holder, place }: ParkedCommand): void {
    this.#parked.delete(idHex)
    this.#bytes -= bytes.length
    if (place !== undefined) this.#places.delete(place)
    const share = this.#shares.get(holder)
    if (share !== undefined) {
      share.bytes -= bytes.length
      share.tips.delete(idHex)
      if (share.bytes === 0) this.#shares.delete(holder)
    }
    for (const parent of parentHexes) this.#forgetChild(parent)
  }

  #forgetChild(parent: string): void {
    const left = (this.#children.get(parent) ?? 1) - 1
    if (left > 0) {
      this.#children.set(parent, left)
      return
    }
    this.#children.delete(parent)
    const above = this.#parked.get(parent)
    if (above !== undefined) this.#shares.get(above.holder)?.tips.add(parent)
  }

  #oldestTip(): ParkedCommand | undefined {
    let most: Share | undefined
    for (const share of this.#shares.values())
      if (share.tips.size > 0 && (most === undefined || share.bytes > most.bytes)) most = share
    const [idHex] = most?.tips ?? []
    return idHex === undefined ? undefined : this.#parked.get(idHex)
  }
}

/** Name of a place in a device's chain. */
export function placeOf(authorHex: string, sequence: number): string {
  return `${authorHex}/${sequence}`
}
