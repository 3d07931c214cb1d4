import {
  CommandList,
  type KeptCheckpoint,
  type KeptIndex,
  type LoadedCommand,
  type OrderedPage,
} from '../../src/team/index.ts'

/** The pages of an index and the checkpoints on the disk of a simulated node: written with the commands, lost with them. */
export class DiskIndex {
  #pages: { readonly end: number; readonly page: Uint8Array }[] = []
  #checkpoints = new Map<number, KeptCheckpoint>()

  append(count: number, page: Uint8Array): void {
    this.#pages.push({ end: (this.#pages.at(-1)?.end ?? 0) + count, page })
  }

  keep(checkpoint: KeptCheckpoint | undefined, gone: readonly number[]): void {
    for (const index of gone) this.#checkpoints.delete(index)
    if (checkpoint !== undefined) this.#checkpoints.set(checkpoint.index, checkpoint)
  }

  reindex(pages: readonly OrderedPage[]): void {
    this.#pages = []
    this.#checkpoints.clear()
    for (const { ids, page } of pages) this.append(ids.length / 32, page)
  }

  /** What is there of these commands. What was written together and is only there in part makes the index unusable. */
  of(disk: readonly LoadedCommand[]): KeptIndex | undefined {
    const commands = new CommandList()
    for (const { id, bytes } of disk) commands.push(id, bytes)
    this.#pages = this.#pages.filter(({ end }) => end <= disk.length)
    for (const index of [...this.#checkpoints.keys()]) if (index >= disk.length) this.#checkpoints.delete(index)
    if (disk.length === 0 || this.#pages.at(-1)?.end !== disk.length) return undefined
    const checkpoints = [...this.#checkpoints.values()].sort((a, b) => a.index - b.index)
    return { commands, pages: this.#pages.map(({ page }) => page), checkpoints }
  }
}
