// A team of which the benches of the rules write what they like: no signatures, no disk.
import { compareBytes } from '../src/codec/index.ts'
import { sha256 } from '../src/keys/index.ts'
import { readAct } from '../src/team/body.ts'
import { parseCommand, signCommand, type Command } from '../src/team/command.ts'
import type { Device } from '../src/team/device.ts'
import { Evaluation } from '../src/team/evaluation.ts'
import { Graph, type GraphNode } from '../src/team/graph.ts'
import { accept } from '../src/team/ingest.ts'
import { soundPayload } from '../src/team/signature-checks.ts'

let signatures = 0

/** A graph and its state, grown by commands whose signatures nobody looks at. */
export class Team {
  readonly graph = new Graph()
  readonly evaluation = new Evaluation(this.graph)

  take(bytes: Uint8Array): GraphNode {
    const command = parseCommand(bytes) as Command
    const act = readAct(command)
    if (act.kind === 'refuse') throw new Error('not read')
    const node = accept(this, command, act, soundPayload)
    if ('code' in node) throw new Error(`${command.kind} is refused: ${node.code}`)
    return node
  }

  write(by: Device, kind: string, body: object, on: readonly GraphNode[] = this.graph.heads()): GraphNode {
    const parents = on.map(({ command }) => command.id).sort(compareBytes)
    const authorHex = Buffer.from(by.idBytes).toString('hex')
    const { bytes } = signCommand(
      {
        team: on.length === 0 ? null : (this.graph.nodes[0] as GraphNode).command.id,
        parents,
        author: by.idBytes,
        key: by.signing[0]!.publicKey,
        generation: 0,
        sequence: this.graph.nextSequence(on, authorHex),
        depth: on.reduce((depth, { command }) => Math.max(depth, command.depth), -1) + 1,
        time: 1_700_000_000_000,
        kind,
        body: body as Command['body'],
      },
      () => sha256Twice(signatures++),
    )
    return this.take(bytes)
  }
}

function sha256Twice(n: number): Uint8Array {
  const half = sha256(new TextEncoder().encode(String(n)))
  return Uint8Array.from([...half, ...half])
}

/** Milliseconds of CPU, so that what else runs on the machine does not count. */
export function timed<T>(work: () => T): { ms: number; result: T } {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  return { ms: (user + system) / 1_000, result }
}
