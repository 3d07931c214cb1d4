/** Whole numbers in one array that doubles when it is full: four bytes each, where a list of objects would cost forty. */
export class GrowingInts {
  #values: Int32Array
  #size = 0

  constructor(room = 16) {
    this.#values = new Int32Array(room)
  }

  get size(): number {
    return this.#size
  }

  /** Only for places that were pushed. */
  at(place: number): number {
    return this.#values[place] as number
  }

  set(place: number, value: number): void {
    this.#values[place] = value
  }

  push(value: number): void {
    if (this.#size === this.#values.length) {
      const values = new Int32Array(2 * this.#size)
      values.set(this.#values)
      this.#values = values
    }
    this.#values[this.#size++] = value
  }
}
