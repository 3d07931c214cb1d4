import type { ErrorCode } from '../base/index.ts'
import { idText } from '../codec/index.ts'
import { summaryOf } from './summary.ts'
import type { GraphNode } from './graph.ts'
import { deviceId } from './key-bundle.ts'
import { lettingIn } from './lost-admissions.ts'
import type { Replica } from './replica.ts'
import { whyOf, type Telling } from './why.ts'

/** One command for people. */
export interface LogEntry {
  /** `cmd_b…`. */
  readonly id: string
  readonly kind: string
  /** `dev_b…`. */
  readonly author: string
  /** Name of the author where it is a member still, else empty. Foreign text: made safe by who prints it. */
  readonly authorName: string
  /** Author's clock, ms; advisory. */
  readonly time: number
  readonly depth: number
  readonly parents: readonly string[]
  readonly standing: 'effective' | 'recalled' | 'void'
  /** Why it is not effective. */
  readonly code: ErrorCode | null
  /** The same as one sentence with ids. Foreign text as above. */
  readonly why: string | null
  /** `cmd_b…` of the command that took its effect, where one did. */
  readonly by: string | null
  /** What it says, in one line. Foreign text as above. */
  readonly summary: string
}

/** The last moment that a date can name; an author may claim any number. */
const lastTime = 8_640_000_000_000_000

/** A part of a log by places in local arrival order: from the first, to before the second. */
export interface LogPart {
  readonly from: number
  readonly to: number
}

/** The commands of a replica in local arrival order, which is a topological one; a number: only the newest so many. */
export function teamLog(replica: Replica, part: number | LogPart = Infinity): LogEntry[] {
  const { graph } = replica
  const names = new Map<string, string>()
  for (const { act } of graph.ofKind([...lettingIn, 'CreateTeam']))
    if ('commonName' in act.body) {
      const { identity } = 'claim' in act.body ? act.body.claim.bundle : act.body.bundle
      names.set(idText('dev', deviceId(identity)), act.body.commonName)
    }
  const telling: Telling = {
    state: replica.state,
    node: (idHex) => replica.graph.get(idHex),
    standing: (node) => replica.standing(node),
    isBefore: (a, b) => replica.graph.isBefore(a, b),
    name: (device) => names.get(idText('dev', device)) ?? idText('dev', device),
  }
  const { from, to } = typeof part === 'number' ? { from: Math.max(0, graph.size - part), to: graph.size } : part
  return graph.part(from, to).map((node) => logEntry(node, names, telling))
}

function logEntry(node: GraphNode, names: ReadonlyMap<string, string>, telling: Telling): LogEntry {
  const { command, act } = node
  const standing = telling.standing(node)
  const author = idText('dev', command.author)
  return {
    id: idText('cmd', command.id),
    kind: command.kind,
    author,
    authorName: names.get(author) ?? '',
    time: Math.min(command.time, lastTime),
    depth: command.depth,
    parents: node.parents.map((parent) => idText('cmd', parent.command.id)),
    standing: standing === 'effective' ? 'effective' : standing.verdict,
    code: standing === 'effective' ? null : standing.code,
    why: standing === 'effective' ? null : whyOf(node, standing, telling),
    by: standing === 'effective' || standing.by === undefined ? null : idText('cmd', standing.by.command.id),
    summary: summaryOf(act, telling.name),
  }
}
