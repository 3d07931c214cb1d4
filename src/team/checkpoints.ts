import { encodeCheckpoint } from './checkpoint.ts'
import type { Core } from './core.ts'

/**
 * Which checkpoints of a team are on the disk, and when one more is due: every so many commands, at a stable cut, a command
 * that is comparable with all others. A command that came beside one takes it away.
 */
export class Checkpoints {
  readonly #core: Core
  readonly #interval: number
  /** Their indexes, the latest last. */
  #kept: number[]

  constructor(core: Core, kept: readonly number[], interval: number) {
    this.#core = core
    this.#kept = [...kept]
    this.#interval = interval
  }

  /** Looks at what was taken in since. */
  settle(): void {
    const { graph, evaluation } = this.#core
    const lowest = graph.takeLowestBranch()
    const before = this.#kept
    this.#kept = before.filter((index) => index <= lowest)
    const [head] = graph.headCount === 1 ? graph.heads() : []
    const isDue = head !== undefined && head.index >= (this.#kept.at(-1) ?? -1) + this.#interval
    if (isDue) this.#kept = thinned([...this.#kept, head.index])
    const gone = before.filter((index) => !this.#kept.includes(index))
    if (!isDue && gone.length === 0) return
    const checkpoint = isDue
      ? { index: head.index, bytes: encodeCheckpoint(evaluation.checkpoint(head), this.#core.stateHash()) }
      : undefined
    this.#core.emit({ kind: 'checkpoint', checkpoint, gone })
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
