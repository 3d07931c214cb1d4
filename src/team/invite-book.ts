import { toHex } from '../codec/index.ts'
import type { Bodies } from './bodies.ts'
import type { Graph, GraphNode } from './graph.ts'
import { letIn } from './lost-admissions.ts'

/** A CreateInvite in the graph. */
export type Created = GraphNode & {
  readonly act: { readonly kind: 'CreateInvite'; readonly body: Bodies['CreateInvite'] }
}

/** The invites of a graph and the admissions by each. Every command is looked at once, whoever asks how often. */
export class InviteBook {
  /** In order of arrival. */
  readonly created: Created[] = []
  readonly #graph: Graph
  readonly #byKey = new Map<string, Created[]>()
  readonly #admissions = new Map<string, GraphNode[]>()
  #scanned = 0

  constructor(graph: Graph) {
    this.#graph = graph
  }

  /** Takes in what has come since. */
  refresh(): this {
    for (const node of this.#graph.ofKind(['CreateInvite', 'AdmitDevice'], this.#scanned)) this.#note(node)
    this.#scanned = this.#graph.size
    return this
  }

  /** CreateInvite commands with that Ed25519 key, in order of arrival: made beside each other, or after one was revoked. */
  byKey(key: Uint8Array): readonly Created[] {
    return this.#byKey.get(toHex(key)) ?? []
  }

  /** AdmitDevice commands by an invite, in order of arrival. */
  admissions(invite: Uint8Array): readonly GraphNode[] {
    return this.#admissions.get(toHex(invite)) ?? []
  }

  /** The latest admission of a device by an invite. */
  admission(invite: Uint8Array, deviceHex: string): GraphNode | undefined {
    return this.admissions(invite).findLast((node) => letIn(node) === deviceHex)
  }

  #note(node: GraphNode): void {
    if (isCreated(node)) {
      this.created.push(node)
      add(this.#byKey, toHex(node.act.body.key), node)
    } else if (node.act.kind === 'AdmitDevice') {
      add(this.#admissions, toHex(node.act.body.invite), node)
    }
  }
}

function add<T>(lists: Map<string, T[]>, key: string, entry: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [entry])
  else list.push(entry)
}

function isCreated(node: GraphNode): node is Created {
  return node.act.kind === 'CreateInvite'
}
