import { toHex } from '../codec/index.ts'
import { GrowingInts } from './growing.ts'

const idBytes = 32
/** Bytes lie in pieces that double up to this; no command is larger than the smallest. */
const pieceMin = 4_096
const pieceMax = 1_048_576

/**
 * Ids and stored bytes of commands, by their place in arrival order. They lie together in a few large arrays: an array for
 * each would cost more than what is in it. What was put in never changes.
 */
export class CommandList {
  #ids = new Uint8Array(16 * idBytes)
  /** Places + 1 by where an id belongs, 0 where there is none; never more than half full. */
  #table = new Int32Array(32)
  #size = 0
  readonly #pieces: Uint8Array[] = []
  /** Bytes of the last piece that are taken. */
  #taken = 0
  /** Where the bytes of each begin, counted as if all pieces were of the largest size; -1 where they are not known yet. */
  readonly #starts = new GrowingInts()
  readonly #lengths = new GrowingInts()

  get size(): number {
    return this.#size
  }

  /** Adds an id whose bytes come later, and gives its place; an id that is there already is found by its first place. */
  reserve(id: Uint8Array): number {
    const place = this.#size++
    if (this.#ids.length < this.#size * idBytes) this.#ids = doubled(this.#ids)
    this.#ids.set(id, place * idBytes)
    if (2 * this.#size > this.#table.length) this.#spread()
    else this.#enter(place)
    this.#starts.push(-1)
    this.#lengths.push(0)
    return place
  }

  /** Gives a place its bytes, which are copied. */
  fill(place: number, bytes: Uint8Array): void {
    let piece = this.#pieces.at(-1)
    if (piece === undefined || this.#taken + bytes.length > piece.length) {
      const size = piece === undefined ? pieceMin : Math.min(pieceMax, 2 * piece.length)
      piece = new Uint8Array(Math.max(size, bytes.length))
      this.#pieces.push(piece)
      this.#taken = 0
    }
    piece.set(bytes, this.#taken)
    this.#starts.set(place, (this.#pieces.length - 1) * pieceMax + this.#taken)
    this.#lengths.set(place, bytes.length)
    this.#taken += bytes.length
  }

  push(id: Uint8Array, bytes: Uint8Array): number {
    const place = this.reserve(id)
    this.fill(place, bytes)
    return place
  }

  id(place: number): Uint8Array {
    return this.#ids.slice(place * idBytes, (place + 1) * idBytes)
  }

  ids(from: number, to: number): Uint8Array {
    return this.#ids.slice(from * idBytes, to * idBytes)
  }

  idHex(place: number): string {
    return toHex(this.#ids.subarray(place * idBytes, (place + 1) * idBytes))
  }

  /** A view, which nobody may change; undefined where they never came. */
  bytes(place: number): Uint8Array | undefined {
    const start = this.#starts.at(place)
    if (start < 0) return undefined
    const from = start % pieceMax
    return this.#pieces[Math.floor(start / pieceMax)]?.subarray(from, from + this.#lengths.at(place))
  }

  /** Place of an id, or -1. */
  find(idHex: string): number {
    if (idHex.length !== 2 * idBytes) return -1
    const mask = this.#table.length - 1
    for (let slot = placeOfHex(idHex) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#table[slot] as number
      if (entry === 0) return -1
      if (this.#isHex(entry - 1, idHex)) return entry - 1
    }
  }

  /** Order of two ids, as that of their hex. */
  compare(a: number, b: number): number {
    for (let i = 0; i < idBytes; i++) {
      const difference = (this.#ids[a * idBytes + i] as number) - (this.#ids[b * idBytes + i] as number)
      if (difference !== 0) return difference
    }
    return 0
  }

  isIdHex(place: number, idHex: string): boolean {
    return idHex.length === 2 * idBytes && this.#isHex(place, idHex)
  }

  #enter(place: number): void {
    const mask = this.#table.length - 1
    const at = place * idBytes
    const [a, b, c] = [this.#ids[at] as number, this.#ids[at + 1] as number, this.#ids[at + 2] as number]
    let slot = ((a << 16) | (b << 8) | c) & mask
    for (; this.#table[slot] !== 0; slot = (slot + 1) & mask);
    this.#table[slot] = place + 1
  }

  #spread(): void {
    this.#table = new Int32Array(2 * this.#table.length)
    for (let place = 0; place < this.#size; place++) this.#enter(place)
  }

  #isHex(place: number, idHex: string): boolean {
    const at = place * idBytes
    for (let i = 0; i < idBytes; i++)
      if ((digit(idHex, 2 * i) << 4) + digit(idHex, 2 * i + 1) !== this.#ids[at + i]) return false
    return true
  }
}

/** The first three bytes: ids are hashes, and so spread evenly. */
function placeOfHex(hex: string): number {
  let place = 0
  for (let i = 0; i < 6; i++) place = (place << 4) | digit(hex, i)
  return place
}

/** Value of a lower-case hex digit; of anything else, a number that no byte has. */
function digit(hex: string, at: number): number {
  const code = hex.charCodeAt(at)
  if (code >= 48 && code <= 57) return code - 48
  return code >= 97 && code <= 102 ? code - 87 : 4_096
}

function doubled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length)
  larger.set(bytes)
  return larger
}
