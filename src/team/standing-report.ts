import { refuse } from '../base/index.ts'
import { fromHex, idText } from '../codec/index.ts'
import type { Core } from './core.ts'
import type { GraphNode } from './graph.ts'
import type { Standing } from './ruling.ts'

/** Says what has become of commands, as it changes and once they are durable; to their author also as a refusal; and forks. */
export class StandingReport {
  readonly #core: Core
  #untold = new Set<GraphNode>()
  /** Hex ids of devices that were told to have forked. */
  readonly #forked = new Set<string>()

  constructor(core: Core) {
    this.#core = core
  }

  /** Forgets what has changed so far: it was read from the disk, and is no news. */
  skip(): void {
    this.#core.evaluation.takeChanged()
    for (const deviceHex of this.#core.graph.forked()) this.#forked.add(deviceHex)
  }

  tell(): void {
    for (const node of this.#core.evaluation.takeChanged()) this.#untold.add(node)
    const durable = [...this.#untold].filter(({ index }) => index < this.#core.stored)
    for (const node of durable) {
      this.#untold.delete(node)
      this.#tellOne(node, this.#core.evaluation.standing(node))
    }
    if (durable.length > 0) this.#tellForks()
  }

  #tellForks(): void {
    const { graph, evaluation } = this.#core
    for (const deviceHex of graph.forked()) {
      if (this.#forked.has(deviceHex)) continue
      this.#forked.add(deviceHex)
      this.#core.emit({ kind: 'forked', device: fromHex(deviceHex), lost: evaluation.lostInForks(deviceHex) })
    }
  }

  #tellOne({ command }: GraphNode, standing: Standing): void {
    const { id, author, authorHex, kind } = command
    if (standing === 'effective') {
      this.#core.emit({ kind: 'standing', id, author, command: kind, standing: 'applied' })
      return
    }
    const { verdict, code } = standing
    const by = standing.by?.command.id
    const named = { kind: 'standing', id, author, command: kind, code, ...(by === undefined ? {} : { by }) } as const
    this.#core.emit({ ...named, standing: verdict === 'void' ? 'voided' : 'recalled' })
    if (authorHex !== this.#core.deviceHex) return
    const about = { id: idText('cmd', id), ...(by === undefined ? {} : { by: idText('cmd', by) }) }
    const refusal = verdict === 'void' ? refuse(code, about) : refuse('ERR_TEAM_RECALLED', { ...about, reason: code })
    this.#core.emit({ kind: 'recalled', id, refusal })
  }
}
