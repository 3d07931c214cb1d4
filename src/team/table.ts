/** Parts of a table. A power of two; ids are hashes, so their first characters spread evenly. */
const bucketCount = 64

/**
 * A map that is changed by making another one, at the cost of one part of it and not of the whole. Keys are lower-case hex
 * of ids. The order of iteration means nothing.
 */
export class Table<V> implements ReadonlyMap<string, V> {
  readonly size: number
  readonly #buckets: readonly (ReadonlyMap<string, V> | undefined)[]

  constructor(size = 0, buckets: readonly (ReadonlyMap<string, V> | undefined)[] = []) {
    this.size = size
    this.#buckets = buckets
  }

  get(key: string): V | undefined {
    return this.#buckets[bucketOf(key)]?.get(key)
  }

  has(key: string): boolean {
    return this.#buckets[bucketOf(key)]?.has(key) === true
  }

  /** This table with one entry set. */
  with(key: string, value: V): Table<V> {
    return this.#change(key, this.size + (this.has(key) ? 0 : 1), (bucket) => bucket.set(key, value))
  }

  /** This table without one entry. */
  without(key: string): Table<V> {
    return this.has(key) ? this.#change(key, this.size - 1, (bucket) => bucket.delete(key)) : this
  }

  *entries(): MapIterator<[string, V]> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket.entries()
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
    for (const [key, value] of this.entries()) each(value, key, this)
  }

  #change(key: string, size: number, change: (bucket: Map<string, V>) => void): Table<V> {
    const at = bucketOf(key)
    const bucket = new Map(this.#buckets[at])
    change(bucket)
    const buckets = this.#buckets.length === 0 ? new Array<undefined>(bucketCount).fill(undefined) : [...this.#buckets]
    buckets[at] = bucket
    return new Table(size, buckets)
  }
}

function bucketOf(key: string): number {
  return (31 * key.charCodeAt(0) + key.charCodeAt(1)) & (bucketCount - 1)
}
