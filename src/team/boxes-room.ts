import { limits } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import { sealingEpoch } from './kinds/keys.ts'
import type { TeamState } from './state.ts'

/** Boxes that a RotateKey names: what they take, and whose they are. */
interface Row {
  /** Local number of the author of the RotateKey. */
  author: number
  readonly length: number
}

/**
 * The room that the boxes of a team's epochs take on this disk. The law bounds neither how many epochs there are nor how
 * often they change, and a RotateKey of some hundred bytes names tens of thousands. So beyond `limits.boxesBytesMax` some
 * go: first those that nobody who is in the team has a box in; then, of the author whose boxes take most, the oldest. So a
 * member that rotates without end pushes out its own. What is sealed with now, what a swarm key in use is sealed under, and
 * the newest few stay in any case.
 */
export class BoxesRoom {
  readonly #bytesMax: number
  /** By the hash of the boxes, hex; the oldest first, as they arrived here. */
  readonly #rows = new Map<string, Row>()
  readonly #byAuthor = new Map<number, number>()
  #bytes = 0

  constructor(bytesMax: number = limits.boxesBytesMax) {
    this.#bytesMax = bytesMax
  }

  has(hashHex: string): boolean {
    return this.#rows.has(hashHex)
  }

  /** Boxes that several name count for the one of them who takes least: nobody can take another's into its own heap. */
  add(hashHex: string, length: number, author: number): void {
    const row = this.#rows.get(hashHex)
    if (row === undefined) {
      this.#rows.set(hashHex, { author, length })
      this.#bytes += length
      this.#count(author, length)
    } else if (this.#of(author) < this.#of(row.author) - row.length) {
      this.#count(row.author, -row.length)
      this.#count(author, row.length)
      row.author = author
    }
  }

  /** Hashes of boxes that go now, and are no more counted: none while there is room. */
  surplus(state: TeamState): string[] {
    if (this.#bytes <= this.#bytesMax) return []
    // Some more than must be: else each new epoch would weigh all of them again.
    const enough = this.#bytesMax - Math.floor(this.#bytesMax / 8)
    const { inUse, needed } = usesOf(state)
    const newest = [...this.#rows.keys()].slice(-limits.boxesNewestMin)
    const stays = new Set([...inUse, ...newest])
    const loose = [...this.#rows].filter(([hashHex]) => !stays.has(hashHex))
    const gone: string[] = []
    const drop = (hashHex: string, { author, length }: Row): void => {
      this.#rows.delete(hashHex)
      this.#bytes -= length
      this.#count(author, -length)
      gone.push(hashHex)
    }
    for (const [hashHex, row] of loose) if (this.#bytes > enough && !needed.has(hashHex)) drop(hashHex, row)
    const heaps = heapsOf(loose.filter(([hashHex]) => this.#rows.has(hashHex)))
    while (this.#bytes > enough && heaps.size > 0) {
      const [author, heap] = [...heaps].reduce((a, b) => (this.#of(b[0]) > this.#of(a[0]) ? b : a))
      const oldest = heap.next()
      if (oldest.done === true) heaps.delete(author)
      else drop(...oldest.value)
    }
    return gone
  }

  #of(author: number): number {
    return this.#byAuthor.get(author) ?? 0
  }

  #count(author: number, length: number): void {
    this.#byAuthor.set(author, this.#of(author) + length)
  }
}

/** What each author's boxes are, the oldest first. */
function heapsOf(entries: readonly (readonly [string, Row])[]): Map<number, IterableIterator<readonly [string, Row]>> {
  const lists = new Map<number, (readonly [string, Row])[]>()
  for (const entry of entries) {
    const { author } = entry[1]
    const list = lists.get(author)
    if (list === undefined) lists.set(author, [entry])
    else list.push(entry)
  }
  return new Map([...lists].map(([author, list]) => [author, list.values()]))
}

/** Hex hashes of boxes: those that something in use hangs on, and those in which a present member has one. */
function usesOf(state: TeamState): { inUse: Set<string>; needed: Set<string> } {
  const sealing = sealingEpoch(state)?.idHex
  const ofSwarm = new Set(state.swarmKeys.filter(({ retired }) => !retired).map(({ epoch }) => toHex(epoch)))
  const inUse = new Set<string>()
  const needed = new Set<string>()
  for (const { idHex, boxesHash, recipients } of state.epochs) {
    if (idHex === sealing || ofSwarm.has(idHex)) inUse.add(toHex(boxesHash))
    const isMember = ([device, gen]: readonly [Uint8Array, number, Uint8Array]): boolean =>
      state.members.get(toHex(device))?.generation === gen
    if (recipients.some(isMember)) needed.add(toHex(boxesHash))
  }
  return { inUse, needed }
}
