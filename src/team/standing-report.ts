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
    let told = 0
    for (const node of this.#untold) {
      if (node.index >= this.#core.stored) continue
      told++
      this.#untold.delete(node)
      this.#tellOne(node, this.#core.evaluation.standing(node))
    }
    if (told > 0) this.#tellForks()
  }

  #tellForks(): void {
    const { graph, evaluation } = this.#core
    for (const deviceHex of graph.forked()) {
      if (this.#forked.has(deviceHex)) continue
      this.#forked.add(deviceHex)
      this.#core.emit({ kind: 'forked', device: fromHex(deviceHex), lost: evaluation.lostInForks(deviceHex) })
    }
  }

  #tellOne(node: GraphNode, standing: Standing): void {
    if (standing === 'effective') {
      this.#core.emit({ kind: 'standing', node, standing: 'applied' })
      return
    }
    const { verdict, code, by } = standing
    const named = { kind: 'standing', node, code, ...(by === undefined ? {} : { by }) } as const
    this.#core.emit({ ...named, standing: verdict === 'void' ? 'voided' : 'recalled' })
    const { id, authorHex } = node.command
    if (authorHex !== this.#core.deviceHex) return
    const about = { id: idText('cmd', id), ...(by === undefined ? {} : { by: idText('cmd', by.command.id) }) }
    const refusal = verdict === 'void' ? refuse(code, about) : refuse('ERR_TEAM_RECALLED', { ...about, reason: code })
    this.#core.emit({ kind: 'recalled', id, refusal })
  }
}
