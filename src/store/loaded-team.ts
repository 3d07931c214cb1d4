import type { CommandList, KeptCheckpoint, KeptCommand, KeptIndex } from '../team/index.ts'

/** Commands that were appended together. */
export interface Group {
  /** Place of the first. */
  readonly first: number
  readonly count: number
  readonly isVerified: boolean
  readonly page: Uint8Array | undefined
}

/** The commands of a team as they were read. */
export class LoadedTeam implements Iterable<KeptCommand> {
  readonly #list: CommandList
  readonly #groups: readonly Group[]
  readonly #isVerifiedAlone: (id: Uint8Array) => boolean

  constructor(list: CommandList, groups: readonly Group[], isVerifiedAlone: (id: Uint8Array) => boolean) {
    this.#list = list
    this.#groups = groups
    this.#isVerifiedAlone = isVerifiedAlone
  }

  *[Symbol.iterator](): Generator<KeptCommand> {
    for (const { first, count, isVerified } of this.#groups)
      for (let place = first; place < first + count; place++) {
        const [id, bytes] = [this.#list.id(place), this.#list.bytes(place)]
        if (bytes !== undefined) yield { id, bytes, isVerified: isVerified || this.#isVerifiedAlone(id) }
      }
  }

  /** Ids without bytes. */
  damaged(): Uint8Array[] {
    const found: Uint8Array[] = []
    for (let place = 0; place < this.#list.size; place++)
      if (this.#list.bytes(place) === undefined) found.push(this.#list.id(place))
    return found
  }

  /** The index, where no part of it is missing, and no command. */
  index(checkpoints: readonly KeptCheckpoint[]): KeptIndex | undefined {
    const pages = this.#groups.map(({ page }) => page)
    if (pages.includes(undefined) || pages.length === 0 || this.damaged().length > 0) return undefined
    return { commands: this.#list, pages: pages as Uint8Array[], checkpoints }
  }
}
