import { encodeCheckpoint } from './checkpoint.ts'
import type { KeptCheckpoint } from './command-store.ts'
import type { Core } from './core.ts'
import type { GraphNode } from './graph.ts'

/** Where checkpoints are larger they are fewer, so that a command costs the same. */
const usualBytes = 16_384

/**
 * Which checkpoints of a team are on the disk, and when one more is due: every so many commands, at a stable cut, a command
 * that is comparable with all others. A command that came beside one takes it away.
 */
export class Checkpoints {
  readonly #core: Core
  readonly #interval: number
  /** Their indexes, the latest last. */
  #kept: number[]
  /** Bytes of the last one that was written. */
  #size = 0

  constructor(core: Core, kept: readonly number[], interval: number) {
    this.#core = core
    this.#kept = [...kept]
    this.#interval = interval
  }

  /** Looks at what was taken in since. */
  settle(): void {
    const { graph } = this.#core
    const lowest = graph.takeLowestBranch()
    const before = this.#kept
    this.#kept = before.filter((index) => index <= lowest)
    const [head] = graph.headCount === 1 ? graph.heads() : []
    const distance = this.#interval * Math.max(1, this.#size / usualBytes)
    const isFar = head !== undefined && head.index >= (this.#kept.at(-1) ?? -1) + distance
    const isDue = isFar && this.#core.evaluation.failure() === undefined
    if (isDue) this.#kept = thinned([...this.#kept, head.index])
    const gone = before.filter((index) => !this.#kept.includes(index))
    if (!isDue && gone.length === 0) return
    this.#core.emit({ kind: 'checkpoint', checkpoint: isDue ? this.#take(head) : undefined, gone })
  }

  #take(head: GraphNode): KeptCheckpoint {
    const bytes = encodeCheckpoint(this.#core.evaluation.checkpoint(head), this.#core.stateHash())
    this.#size = bytes.length
    return { index: head.index, bytes }
  }
}

/** The further back, the fewer: where those beside one are close enough to each other, it is left out. */
function thinned(indexes: readonly number[]): number[] {
  const kept = [...indexes]
  const last = kept.at(-1) ?? 0
  for (let at = kept.length - 2; at > 0; at--) {
    const [older, newer] = [kept[at - 1] ?? 0, kept[at + 1] ?? 0]
    if (last - older <= 2 * (last - newer)) kept.splice(at, 1)
  }
  return kept
}
