import { compareBytes } from '../../src/codec/index.ts'
import { readAct } from '../../src/team/body.ts'
import { parseCommand, signCommand, type Command, type Envelope } from '../../src/team/command.ts'
import { Evaluation } from '../../src/team/evaluation.ts'
import { Graph, type GraphNode } from '../../src/team/graph.ts'
import { stateHash, type Standing, type TeamState } from '../../src/team/index.ts'
import { accept } from '../../src/team/ingest.ts'
import { soundPayload } from '../../src/team/signature-checks.ts'
import type { Somebody } from './somebody.ts'
import type { Wish } from './wishes.ts'

/** So many refused commands are kept of a life: to judge one costs the oracle as much as its whole past. */
const refusedMax = 12

/** A graph of the production engine that grows by commands signed on any of its points, without nodes and networks. */
export class Ledger {
  readonly graph = new Graph()
  readonly evaluation = new Evaluation(this.graph)
  /** All that was signed and accepted, parents first. */
  readonly bytes: Uint8Array[] = []
  /** Some of what was signed and refused. */
  readonly refused: Uint8Array[] = []

  found(founder: Somebody, name = 'herd'): Command {
    const body = { nonce: new Uint8Array(32), name, policy: 1, bundle: founder.bundle(0), commonName: founder.name }
    const command = this.sign(founder, [], { kind: 'CreateTeam', body })
    this.take(command)
    return command
  }

  get team(): Uint8Array {
    return (this.graph.nodes[0] as GraphNode).command.id
  }

  view(parents: readonly GraphNode[]): TeamState {
    return this.evaluation.view(parents)
  }

  /** Signs a wish on these parents, with the newest key that the author has in its view, or with another. */
  sign(by: Somebody, parents: readonly GraphNode[], { kind, body }: Wish, change: Partial<Envelope> = {}): Command {
    const member = parents.length === 0 ? undefined : this.view(parents).members.get(by.hex)
    const key = change.key ?? member?.signing.at(-1) ?? by.key(0)
    const envelope: Envelope = {
      team: parents.length === 0 ? null : this.team,
      parents: parents.map(({ command }) => command.id).sort(compareBytes),
      author: by.device,
      key,
      generation: member?.generation ?? 0,
      sequence: this.graph.nextSequence(parents, by.hex),
      depth: parents.reduce((depth, { command }) => Math.max(depth, command.depth), -1) + 1,
      time: 0,
      kind,
      body: body,
      ...change,
    }
    return signCommand(envelope, (unsigned) => by.sign(unsigned, key))
  }

  /** Takes a command in; undefined where it is known, or the law refuses it at its origin. */
  take(command: Command): GraphNode | undefined {
    if (this.graph.has(command.idHex)) return undefined
    const act = readAct(command)
    if (act.kind === 'refuse') return undefined
    const judged = accept(this, command, act, soundPayload)
    if ('kind' in judged) {
      if (this.refused.length < refusedMax) this.refused.push(command.bytes)
      return undefined
    }
    this.bytes.push(command.bytes)
    return judged
  }

  /** The state of the present graph, by the production engine. */
  get state(): TeamState {
    return this.evaluation.current()
  }

  stateHash(): Uint8Array {
    return stateHash(this.state)
  }

  /** What became of a command. */
  standing(node: GraphNode): Standing {
    return this.evaluation.standing(node)
  }

  /** Ancestors of these, and themselves. */
  closure(nodes: readonly GraphNode[]): Set<GraphNode> {
    const past = new Set(nodes)
    for (const { parents } of past) for (const parent of parents) past.add(parent)
    return past
  }
}

/** Of a set that is closed under parents: those that none of it names as a parent, by (depth, id), 16 at most. */
export function headsIn(known: ReadonlySet<GraphNode>): GraphNode[] {
  const named = new Set([...known].flatMap(({ parents }) => [...parents]))
  const heads = [...known].filter((node) => !named.has(node))
  return heads
    .sort((a, b) => a.command.depth - b.command.depth || (a.command.idHex < b.command.idHex ? -1 : 1))
    .slice(0, 16)
}

/** The command of stored bytes. */
export function commandOf(bytes: Uint8Array): Command {
  const command = parseCommand(bytes)
  if (command.kind === 'refuse' || command.kind === 'foreign') throw new Error('no command')
  return command as Command
}
