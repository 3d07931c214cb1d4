import type { KeptCheckpoint, KeptIndex } from './command-store.ts'
import type { CommandList } from './command-list.ts'
import { storedIdHex } from './command.ts'
import { decodeCheckpoint, type Checkpoint } from './checkpoint.ts'
import { type Core } from './core.ts'
import { Graph } from './graph.ts'
import { decodePage } from './graph-index.ts'

/** A replica's core as it was, and at which commands there are checkpoints. */
export interface Restored {
  readonly core: Core
  readonly checkpoints: readonly number[]
}

/**
 * Makes a core of the commands and the index that a disk holds: only what came after the last checkpoint is judged again.
 * Undefined where anything is not as it was written: then all commands are read and judged, and whatever is wrong is found.
 */
export function restoreCore(makeCore: (graph: Graph) => Core, index: KeptIndex): Restored | undefined {
  try {
    const graph = restoreGraph(index)
    if (graph === undefined) return undefined
    const core = makeCore(graph)
    const stable = graph.stableAmong(index.checkpoints.map((checkpoint) => checkpoint.index))
    const checkpoints = index.checkpoints.filter((checkpoint) => stable.has(checkpoint.index))
    for (let at = checkpoints.length - 1, isFound = false; at >= 0; at--) {
      const { index: place, bytes } = checkpoints[at] as KeptCheckpoint
      const read = (): Checkpoint | undefined => decodeCheckpoint(graph, place, bytes)
      // What the older ones hold is asked for by late branches alone.
      const found: Checkpoint | undefined = isFound ? undefined : read()
      if (found !== undefined) core.evaluation.restore(found)
      else if (isFound) core.evaluation.keepUnread(place, () => read()?.cut)
      else checkpoints.splice(at, 1)
      isFound ||= found !== undefined
    }
    // Whatever it throws, it throws here.
    core.stateHash()
    if (core.evaluation.failure() !== undefined) return undefined
    return { core, checkpoints: checkpoints.map((checkpoint) => checkpoint.index) }
  } catch {
    return undefined
  }
}

function restoreGraph({ commands, pages }: KeptIndex): Graph | undefined {
  const graph = new Graph(commands)
  for (const bytes of pages) {
    const page = decodePage(bytes)
    if (page === undefined || !graph.restore(page)) return undefined
  }
  if (graph.size !== commands.size) return undefined
  for (let place = 0; place < commands.size; place++) if (!isSound(commands, place)) return undefined
  return graph
}

/** True where the bytes are what the id says. */
function isSound(commands: CommandList, place: number): boolean {
  const bytes = commands.bytes(place)
  const idHex = bytes === undefined ? undefined : storedIdHex(bytes)
  return idHex !== undefined && commands.isIdHex(place, idHex)
}
