import { limits } from '../base/index.ts'
import type { Core } from './core.ts'
import type { GraphNode } from './graph.ts'
import type { Link } from './link.ts'

/**
 * What proves to a removed device that it is out: the command that removed it and what of its past the device lacks, in
 * topological order, at most 64 KiB and 100 commands; nothing newer. Where that does not fit it gets the first part, and
 * the rest when it asks again with new heads; the last part, where it named no heads.
 */
export function proofOfRemoval(core: Core, link: Link): Uint8Array[] {
  const departure = core.state.departures.get(link.deviceHex)
  const removal = departure === undefined ? undefined : core.graph.get(departure.removedBy)
  if (removal === undefined || removal.index >= core.stored) return []
  const known = pastOf(link.heads.map((head) => core.graph.get(head)).filter((node) => node !== undefined))
  const lacking = [...pastOf([removal])].filter((node) => !known.has(node)).sort((a, b) => a.index - b.index)
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
