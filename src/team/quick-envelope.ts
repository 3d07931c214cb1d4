import { limits } from '../base/index.ts'
import { compareBytes, readCborAt, type CborMap } from '../codec/index.ts'
import { intern } from './interned.ts'

/** The parts of a command of this version, as the unsigned bytes have them. */
export interface QuickEnvelope {
  readonly team: Uint8Array | null
  readonly parents: readonly Uint8Array[]
  readonly parentHexes: readonly string[]
  readonly author: Uint8Array
  readonly authorHex: string
  readonly key: Uint8Array
  readonly generation: number
  readonly sequence: number
  readonly depth: number
  readonly time: number
  readonly kind: string
  readonly body: CborMap
}

/** Kinds whose names were found well formed. */
const kindForm = /^[A-Z][A-Za-z]{0,63}$/

/**
 * Reads the unsigned map of a command straight from its bytes, where it has the one layout that this version writes: its
 * keys in the one canonical order, each value of its form. Anything else gives undefined, and is read the slow way, which
 * says what is wrong; so this accepts nothing that the slow way does not (a test compares the two).
 */
export function readQuickly(unsigned: Uint8Array): QuickEnvelope | undefined {
  const reader = new QuickReader(unsigned)
  const hasTeam = unsigned[0] === 0xab
  if (!hasTeam && unsigned[0] !== 0xaa) return undefined
  const author = reader.id(0x61)
  const body = reader.body(0x62)
  const kind = reader.text(0x63)
  const depth = reader.count(0x64)
  const generation = reader.count(0x67)
  const key = reader.id(0x6b)
  const sequence = reader.count(0x6e)
  const parents = reader.ids(0x70)
  const team = hasTeam ? reader.id(0x74) : null
  const time = reader.end()
  if (reader.isOdd || author === undefined || key === undefined || team === undefined) return undefined
  if (!kindForm.test(kind) || (kind === 'CreateTeam') === hasTeam || parents.length > 0 !== hasTeam) return undefined
  return {
    team: team === null ? null : team.bytes,
    parents: parents.map(({ bytes }) => bytes),
    parentHexes: parents.map(({ hex }) => hex),
    author: author.bytes,
    authorHex: author.hex,
    key: key.bytes,
    generation,
    sequence,
    depth,
    time,
    kind,
    body,
  }
}

const noBody: CborMap = {}

/** Reads one member after the other; what is not as it must be makes it odd, and what it then gives means nothing. */
class QuickReader {
  isOdd = false
  readonly #bytes: Uint8Array
  #at = 1

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  id(name: number): ReturnType<typeof intern> | undefined {
    this.#name(name)
    return this.#id()
  }

  /** Up to 16, in ascending order. */
  ids(name: number): ReturnType<typeof intern>[] {
    this.#name(name)
    const head = this.#byte()
    const count = head - 0x80
    const found: ReturnType<typeof intern>[] = []
    if (count < 0 || count > limits.commandParentsMax) this.isOdd = true
    for (let i = 0; i < count && !this.isOdd; i++) {
      const id = this.#id()
      const before = found.at(-1)
      if (id === undefined || (before !== undefined && compareBytes(before.bytes, id.bytes) >= 0)) this.isOdd = true
      else found.push(id)
    }
    return found
  }

  count(name: number): number {
    this.#name(name)
    return this.#count()
  }

  text(name: number): string {
    this.#name(name)
    const value = this.#value()
    if (typeof value !== 'string') this.isOdd = true
    return typeof value === 'string' ? value : ''
  }

  body(name: number): CborMap {
    this.#name(name)
    if ((this.#bytes[this.#at] ?? 0) >> 5 !== 5) this.isOdd = true
    return this.isOdd ? noBody : (this.#value() as CborMap)
  }

  /** `v`, which is 1, and `ts`; then nothing more. */
  end(): number {
    this.#name(0x76)
    if (this.#byte() !== 1 || this.#byte() !== 0x62 || this.#byte() !== 0x74 || this.#byte() !== 0x73) this.isOdd = true
    const time = this.#count()
    if (this.#at !== this.#bytes.length) this.isOdd = true
    return time
  }

  #name(name: number): void {
    if (this.#byte() !== 0x61 || this.#byte() !== name) this.isOdd = true
  }

  #id(): ReturnType<typeof intern> | undefined {
    if (this.#byte() !== 0x58 || this.#byte() !== 0x20 || this.#at + 32 > this.#bytes.length) this.isOdd = true
    if (this.isOdd) return undefined
    this.#at += 32
    return intern(this.#bytes, this.#at - 32)
  }

  #count(): number {
    const head = this.#byte()
    // Up to 23 it stands in the head, up to 65,535 in the two bytes behind it; with a shorter form it is odd.
    if (head >= 0 && head < 24) return head
    if (head === 0x18 || head === 0x19) {
      const high = head === 0x18 ? 0 : this.#byte()
      const value = (high << 8) | this.#byte()
      if (high < 0 || value < (head === 0x18 ? 24 : 256)) this.isOdd = true
      return value
    }
    this.#at--
    if (head >> 5 !== 0) this.isOdd = true
    return this.isOdd ? 0 : (this.#value() as number)
  }

  /** Any value; the reader is as strict as for the whole. The map around it takes one of its depth. */
  #value(): unknown {
    if (this.isOdd) return undefined
    const { value, end } = readCborAt(this.#bytes, this.#at, quickBounds)
    this.#at = end
    return value
  }

  #byte(): number {
    return this.#bytes[this.#at++] ?? -1
  }
}

const quickBounds = { depthMax: limits.commandDepthMax - 1, isShared: true }
