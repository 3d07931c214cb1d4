/** Twice: the parts of a table, and the parts of each. Ids are hashes, so their first characters spread evenly. */
const width = 8

/** Entries of one part, one after the other: key, value, key, value. Few, so that a search from the start is quickest. */
type Part<V> = readonly (string | V)[]
type Parts<V> = readonly (readonly (Part<V> | undefined)[] | undefined)[]

/**
 * A map that is changed by making another one, at the cost of one small part of it and not of the whole. Keys are
 * lower-case hex of ids. The order of iteration means nothing.
 */
export class Table<V> implements ReadonlyMap<string, V> {
  readonly size: number
  readonly #parts: Parts<V>

  constructor(size = 0, parts: Parts<V> = []) {
    this.size = size
    this.#parts = parts
  }

  get(key: string): V | undefined {
    const part = this.#partOf(key)
    const at = placeIn(part, key)
    return at < 0 ? undefined : (part?.[at + 1] as V)
  }

  has(key: string): boolean {
    return placeIn(this.#partOf(key), key) >= 0
  }

  /** This table with one entry set. */
  with(key: string, value: V): Table<V> {
    const part = this.#partOf(key) ?? []
    const at = placeIn(part, key)
    const changed = part.slice()
    if (at < 0) changed.push(key, value)
    else changed[at + 1] = value
    return this.#change(key, at < 0 ? this.size + 1 : this.size, changed)
  }

  /** This table without one entry. */
  without(key: string): Table<V> {
    const part = this.#partOf(key) ?? []
    const at = placeIn(part, key)
    if (at < 0) return this
    return this.#change(key, this.size - 1, [...part.slice(0, at), ...part.slice(at + 2)])
  }

  /** The keys under which this table and another may differ: those of parts that they do not share. */
  differing(other: Table<V>): Set<string> {
    const keys = new Set<string>()
    for (let place = 0; place < width * width; place++) {
      const [own, theirs] = [this, other].map((table) => table.#parts[place >> 3]?.[place & 7])
      if (own === theirs) continue
      for (const part of [own, theirs])
        for (let at = 0; part !== undefined && at < part.length; at += 2) keys.add(part[at] as string)
    }
    return keys
  }

  *entries(): MapIterator<[string, V]> {
    for (const parts of this.#parts)
      for (const part of parts ?? [])
        for (let at = 0; part !== undefined && at < part.length; at += 2) yield [part[at] as string, part[at + 1] as V]
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries()
  }

  forEach(each: (value: V, key: string, table: ReadonlyMap<string, V>) => void): void {
    this.some((value, key) => {
      each(value, key, this)
      return false
    })
  }

  /** True where the test holds for an entry; looks no further then. Much quicker than going through `entries`. */
  some(holds: (value: V, key: string) => boolean): boolean {
    for (const parts of this.#parts)
      for (const part of parts ?? [])
        for (let at = 0; part !== undefined && at < part.length; at += 2)
          if (holds(part[at + 1] as V, part[at] as string)) return true
    return false
  }

  #partOf(key: string): Part<V> | undefined {
    const place = spread(key)
    return this.#parts[place >> 3]?.[place & 7]
  }

  #change(key: string, size: number, part: Part<V>): Table<V> {
    const place = spread(key)
    const outer = wide(this.#parts)
    const inner = wide(outer[place >> 3] ?? [])
    inner[place & 7] = part
    outer[place >> 3] = inner
    return new Table(size, outer)
  }
}

function wide<T>(parts: readonly (T | undefined)[]): (T | undefined)[] {
  return parts.length === width ? parts.slice() : new Array<T | undefined>(width).fill(undefined)
}

function placeIn<V>(part: Part<V> | undefined, key: string): number {
  if (part === undefined) return -1
  for (let at = 0; at < part.length; at += 2) if (part[at] === key) return at
  return -1
}

/** From 0 to 63. */
function spread(key: string): number {
  return (31 * key.charCodeAt(0) + key.charCodeAt(1)) & 63
}
