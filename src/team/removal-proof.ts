import { limits } from '../base/index.ts'
import type { Core } from './core.ts'
import type { GraphNode } from './graph.ts'
import type { Link } from './link.ts'

/** Reducers, and others after them, that are tried for the one by which a device is out. */
const triesMax = 64

/**
 * What proves to a removed device that it is out: the command by which it is, and what of its past the device lacks, in
 * topological order, at most 64 KiB and 100 commands; nothing newer. Where that does not fit it gets the first part, and
 * the rest when it asks again with new heads; the last part, where it named no heads. `lost`: where the device was never
 * removed, what may have taken its admission away.
 */
export function proofOfRemoval(core: Core, link: Link, lost: readonly GraphNode[]): Uint8Array[] {
  const heads = link.heads.map((head) => core.graph.get(head)).filter((node) => node !== undefined)
  const known = pastOf(heads)
  const reason = reasonOf(core, link.deviceHex, heads, known, lost)
  if (reason === undefined) return []
  const lacking = [...pastOf([reason])].filter((node) => !known.has(node)).sort((a, b) => a.index - b.index)
  const proof: Uint8Array[] = []
  let room = limits.removalProofBytesMax - 1_024
  // Whose heads are unknown has most likely all but the end.
  const isGuess = known.size === 0
  for (const { command } of isGuess ? lacking.reverse() : lacking) {
    room -= command.bytes.length + 3
    if (room < 0 || proof.length >= limits.syncCommandsMax) break
    proof.push(command.bytes)
  }
  return isGuess ? proof.reverse() : proof
}

/**
 * The command by which a device is out, for somebody who has these heads: mostly the one that removed it; but where it was
 * added again by a command that has no effect here, the one that took that effect.
 */
function reasonOf(
  core: Core,
  deviceHex: string,
  heads: readonly GraphNode[],
  known: ReadonlySet<GraphNode>,
  lost: readonly GraphNode[],
): GraphNode | undefined {
  const isOut = (node: GraphNode): boolean => !core.evaluation.view([...heads, node]).members.has(deviceHex)
  const departure = core.state.departures.get(deviceHex)
  const removal = departure === undefined ? undefined : core.graph.get(departure.removedBy)
  if (heads.length === 0) return isDurable(core, removal) ? removal : undefined
  const likely = removal === undefined ? lost.slice(0, triesMax) : [removal]
  if (likely.length === 0) return undefined
  for (const node of tried(core, known, likely)) if (isDurable(core, node) && isOut(node)) return node
  return undefined
}

/**
 * What may be the reason: what is likely; then what reduces anybody; then the rest, because where a side of a fork lost, any
 * command may be the witness by which it did.
 */
function* tried(core: Core, known: ReadonlySet<GraphNode>, likely: readonly GraphNode[]): Generator<GraphNode> {
  yield* likely
  for (const isReducer of [true, false]) {
    let tries = 0
    for (const node of core.graph.nodes) {
      if (known.has(node) || (node.origin.order !== 1) !== isReducer) continue
      if (tries++ === triesMax) break
      yield node
    }
  }
}

function isDurable(core: Core, node: GraphNode | undefined): boolean {
  return node !== undefined && node.index < core.stored
}

/** These nodes and all their ancestors; iteratively. */
function pastOf(nodes: readonly GraphNode[]): Set<GraphNode> {
  const past = new Set<GraphNode>(nodes)
  const open = [...nodes]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const parent of node.parents) {
      if (past.has(parent)) continue
      past.add(parent)
      open.push(parent)
    }
  }
  return past
}
