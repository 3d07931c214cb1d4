/** A binary heap: `pop` gives the smallest by `isBefore`. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #isBefore: (a: T, b: T) => boolean

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      if (!this.#isBefore(item, items[up] as T)) break
      items[at] = items[up] as T
      at = up
    }
    items[at] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    this.#sink(last)
    return first
  }

  #sink(item: T): void {
    const items = this.#items
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= items.length) break
      if (down + 1 < items.length && this.#isBefore(items[down + 1] as T, items[down] as T)) down++
      if (!this.#isBefore(items[down] as T, item)) break
      items[at] = items[down] as T
      at = down
    }
    items[at] = item
  }
}
