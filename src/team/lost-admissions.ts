import { toHex } from '../codec/index.ts'
import type { Evaluation } from './evaluation.ts'
import type { Graph, GraphNode } from './graph.ts'
import { deviceId } from './key-bundle.ts'
import type { Kind } from './policy.ts'
import type { TeamState } from './state.ts'

/** Steps from a void command to the one that everything hangs on. */
const stepsMax = 64

/** A graph, and what became of its commands. */
interface Resolved {
  readonly graph: Graph
  readonly evaluation: Evaluation
  readonly state: TeamState
}

/**
 * Devices that were let in by a command which has no effect any more: an admission that was voided, or recalled because
 * another one used the invite up. They were members for a while, on the nodes that had not heard of the other side.
 */
export class LostAdmissions {
  readonly #core: Resolved
  readonly #byDevice = new Map<string, GraphNode[]>()
  #scanned = 0

  constructor(core: Resolved) {
    this.#core = core
  }

  /** True for a device that is no member, was never removed, and was let in once. */
  has(deviceHex: string): boolean {
    const { members, departures } = this.#core.state
    return !members.has(deviceHex) && !departures.has(deviceHex) && this.#of(deviceHex).length > 0
  }

  /** Commands of which one may have taken the device's admission away, the likeliest first. */
  reasons(deviceHex: string): GraphNode[] {
    return this.#of(deviceHex)
      .toReversed()
      .flatMap((admission) => this.#takenBy(admission))
  }

  /** From the one that everything hangs on to the one next to the admission; and what came beside the admission itself. */
  #takenBy(admission: GraphNode): GraphNode[] {
    const chain: GraphNode[] = []
    let standing = this.#core.evaluation.standing(admission)
    for (let step = 0; step < stepsMax && standing !== 'effective' && standing.by !== undefined; step++) {
      chain.unshift(standing.by)
      standing = this.#core.evaluation.standing(standing.by)
    }
    return chain.length === 0 ? [...this.#rivals(admission), admission] : chain
  }

  /** Who used the invite up beside it. */
  #rivals(admission: GraphNode): GraphNode[] {
    if (admission.act.kind !== 'AdmitDevice') return []
    const inviteHex = toHex(admission.act.body.invite)
    this.#scan()
    return [...this.#byDevice.values()]
      .flat()
      .filter(({ act }) => act.kind === 'AdmitDevice' && toHex(act.body.invite) === inviteHex)
      .filter((rival) => rival !== admission && this.#core.evaluation.standing(rival) === 'effective')
  }

  #of(deviceHex: string): readonly GraphNode[] {
    this.#scan()
    return this.#byDevice.get(deviceHex) ?? []
  }

  /** Each command is looked at once, whoever asks how often. */
  #scan(): void {
    const { graph } = this.#core
    for (const node of graph.ofKind(lettingIn, this.#scanned)) {
      const deviceHex = letIn(node) ?? ''
      const known = this.#byDevice.get(deviceHex)
      if (known === undefined) this.#byDevice.set(deviceHex, [node])
      else known.push(node)
    }
    this.#scanned = graph.size
  }
}

/** Kinds of commands that let a device in. */
export const lettingIn: readonly Kind[] = ['AddDevice', 'AdmitDevice']

/** Hex of the device that an act lets in; undefined where it lets in nobody. */
export function letIn({ act }: Pick<GraphNode, 'act'>): string | undefined {
  if (act.kind === 'AddDevice') return toHex(deviceId(act.body.bundle.identity))
  return act.kind === 'AdmitDevice' ? toHex(deviceId(act.body.claim.bundle.identity)) : undefined
}
