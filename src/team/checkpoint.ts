import { bug, type ErrorCode, type Refusal } from '../base/index.ts'
import { equalBytes } from '../codec/index.ts'
import type { Graph, GraphNode } from './graph.ts'
import { indexVersion } from './graph-index.ts'
import { pack, unpack } from './packed.ts'
import type { Cut } from './resolution.ts'
import type { Setback } from './ruling.ts'
import { stateHash } from './state-bytes.ts'

/** What a command and its whole past amount to, and what became of each command of that past. */
export interface Checkpoint {
  readonly node: GraphNode
  readonly cut: Cut
  /** Of the past and the command itself, those that are not effective. */
  readonly setbacks: ReadonlyMap<GraphNode, Setback>
}

/** A setback by ids in hex: who stands at which index is a matter of one arrival order. */
interface SetbackRow {
  readonly idHex: string
  readonly verdict: Setback['verdict']
  readonly code: ErrorCode
  readonly why: Refusal | undefined
  readonly by: string | undefined
}

interface Stored {
  readonly version: number
  readonly idHex: string
  readonly hash: Uint8Array
  readonly cut: Cut
  readonly setbacks: readonly SetbackRow[]
}

/** The checkpoint as bytes: also what the state hash leaves out, which command wrote which fact. */
export function encodeCheckpoint({ node, cut, setbacks }: Checkpoint, hash: Uint8Array): Uint8Array {
  const rows = [...setbacks].map(([{ command }, { verdict, code, why, by }]): SetbackRow => ({
    ...{ idHex: command.idHex, verdict, code, why, by: by?.command.idHex },
  }))
  const stored: Stored = { version: indexVersion, idHex: node.command.idHex, hash, cut, setbacks: rows }
  return pack(stored)
}

/** The checkpoint of the command at an index; undefined where it is of another version or command, or its hash is not that of its state. */
export function decodeCheckpoint(graph: Graph, index: number, bytes: Uint8Array): Checkpoint | undefined {
  try {
    const { idHex, hash, cut, setbacks, version } = unpack(bytes) as Stored
    const node = graph.get(idHex)
    if (version !== indexVersion || node?.index !== index || !equalBytes(stateHash(cut.state), hash)) return undefined
    return { node, cut, setbacks: new Map(setbacks.map((row) => [nodeOf(graph, row.idHex), setbackOf(graph, row)])) }
  } catch {
    return undefined
  }
}

function setbackOf(graph: Graph, { verdict, code, why, by }: SetbackRow): Setback {
  const known = { verdict, code, ...(why === undefined ? {} : { why }) }
  return by === undefined ? known : { ...known, by: nodeOf(graph, by) }
}

function nodeOf(graph: Graph, idHex: string): GraphNode {
  const node = graph.get(idHex)
  if (node === undefined) throw bug('a checkpoint names a command that is not there')
  return node
}
