import { fail, labels, refuse, type ErrorCode, type Refusal } from '../base/index.ts'
import { compareBytes, fromHex, idText, parseId, toHex, type CborMap, type CborValue } from '../codec/index.ts'
import { openKeys } from '../keys/index.ts'
import { headsOf, judgeSet, nodesOf, type JudgedSet } from './command-set.ts'
import { isMap, parseCommand, signCommand, type Command } from './command.ts'
import { signingKeyOf, type Device } from './device.ts'
import type { GraphNode } from './graph.ts'
import { isKind } from './policy.ts'
import { stateView, type StateView } from './state-view.ts'
import { generationOf } from './state.ts'
import { stateHash } from './state-bytes.ts'
import { membersOf, type MemberView } from './team-view.ts'

/** What became of a command. Ids are texts. */
export interface Verdict {
  readonly verdict: 'effective' | 'recalled' | 'void' | 'refused' | 'parked'
  /** Why it is not effective: `ERR_TEAM_…`. */
  readonly code?: ErrorCode
  /** For a void one: the command that took its effect, or the void one that it hangs on; `cmd_b…`. */
  readonly by?: string
  /** For a void reducer that turned out never to have had its authority: the law's answer. */
  readonly why?: ErrorCode
}

/** One command to be signed. Ids in the body may be texts (`dev_b…`, `cmd_b…`, `team_b…`, `inv_b…`) or their 32 bytes. */
export interface Draft {
  /** The commands its author knows; it names their heads as its parents. */
  readonly known: Iterable<Uint8Array>
  readonly kind: string
  /** Signed as it is given, whether the law would have it or not. */
  readonly body: object
  /** The author's clock in ms; advisory. Default 0. */
  readonly time?: number
  /** Public half of the signing key to use, 32 bytes; default the newest. */
  readonly key?: Uint8Array
  /** Default: the author's generation in what it knows. */
  readonly generation?: number
  /** Ids of the parents, in place of the heads. They are among the known. */
  readonly parents?: readonly (string | Uint8Array)[]
}

/**
 * Signs a command on the heads of the commands it is given, and judges nothing: also what the law refuses can be made.
 * The bytes of the command. Fails where no command can be made of it: ERR_TEAM_TOO_LARGE, ERR_TEAM_BAD_ENCODING,
 * ERR_TEAM_BAD_PARENT (a parent is not known), ERR_TEAM_UNKNOWN_KEY (the device has no such key).
 */
export function author(device: Device, draft: Draft): Uint8Array {
  const inputs = [...draft.known]
  const known = new Map(
    inputs
      .map(readable)
      .filter((one) => one !== undefined)
      .map((one) => [one.idHex, one]),
  )
  const idHex = toHex(device.idBytes)
  const parents = draft.parents === undefined ? headsOf(unparked(known), idHex) : namedParents(known, draft.parents)
  const past = pastOf(known, parents)
  const own = past.filter(({ authorHex }) => authorHex === idHex).map(({ sequence }) => sequence)
  const signer = signingKeyOf(device, draft.key)
  const isRoot = draft.kind === 'CreateTeam' && parents.length === 0
  const { bytes } = signCommand(
    {
      team: isRoot ? null : teamOf(parents),
      parents: parents.map(({ id }) => id).sort(compareBytes),
      author: device.idBytes,
      key: signer.publicKey,
      generation: draft.generation ?? generationIn(past, parents, idHex),
      sequence: own.reduce((largest, n) => Math.max(largest, n), -1) + 1,
      depth: parents.reduce((largest, { depth }) => Math.max(largest, depth), -1) + 1,
      time: draft.time ?? 0,
      kind: draft.kind,
      body: bodyOf(draft.body),
    },
    (unsigned) => signer.sign(labels.command, unsigned),
  )
  return bytes
}

/** What a set of commands amounts to: the state of the team, and what each command is. */
export interface Evaluated extends StateView {
  /** `team_b…`, or null where no command founds a team. */
  readonly team: string | null
  readonly name: string
  readonly open: boolean
  /** Lower-case hex; equal on everybody who holds the same commands. */
  readonly stateHash: string
  /** By rank, then name, then id. */
  readonly members: readonly EvaluatedMember[]
  /** Devices that signed two commands beside each other (`dev_b…`). */
  readonly forked: readonly string[]
  /** By `cmd_b…`, one for each command. */
  readonly verdicts: ReadonlyMap<string, Verdict>
  /** Inputs that are no command at all, so that not even an id can be named for them. */
  readonly unreadable: number
}

/** A device that is in the team; `id` is its `dev_b…`. */
export type EvaluatedMember = MemberView & { readonly id: string }

/**
 * The team of a set of commands, in any order, with duplicates: signatures, form, parents, law and resolution
 * (`TEAM.md` 3 and 4), by the code that the node runs. What is not origin-valid is `refused`, and what descends from it with
 * ERR_TEAM_BAD_PARENT, as is a command with a parent that is not in the set; a kind of a newer version is `parked` with its
 * descendants. Where commands of several teams are mixed, the team is the one that most commands name (among equals, the
 * smaller id), and the others are refused with ERR_TEAM_WRONG_TEAM; `team` chooses another. Never throws on what commands
 * say.
 */
export async function evaluate(
  commands: Iterable<Uint8Array>,
  options: { readonly team?: string } = {},
): Promise<Evaluated> {
  const team = options.team === undefined ? undefined : parseId('team', options.team)
  return evaluatedOf(judgeSet(commands, { keys: await openKeys(), team }))
}

/** A command as a program reads it. Ids in the envelope are texts; the body is as it was signed. */
export interface Decoded {
  readonly id: string
  /** `team_b…`: for CreateTeam its own id. */
  readonly team: string
  readonly kind: string
  readonly author: string
  readonly parents: readonly string[]
  readonly generation: number
  /** Number of this command among its author's. */
  readonly sequence: number
  readonly depth: number
  readonly time: number
  /** The signing key used, 32 bytes. */
  readonly key: Uint8Array
  readonly body: CborMap
}

/** Reads a command; form alone is judged. Fails with ERR_TEAM_TOO_LARGE, _BAD_ENCODING, _BAD_PARENT or _UNKNOWN_KIND. */
export function decode(bytes: Uint8Array): Decoded {
  const command = readCommand(bytes)
  if ('code' in command) throw fail(command.code, command.data)
  const { id, team, parents, author: device, kind, generation, sequence, depth, time, key, body } = command
  return {
    id: idText('cmd', id),
    team: idText('team', team ?? id),
    author: idText('dev', device),
    parents: parents.map((parent) => idText('cmd', parent)),
    ...{ kind, generation, sequence, depth, time, key, body },
  }
}

function readCommand(bytes: Uint8Array): Command | Refusal {
  const parsed = parseCommand(bytes)
  if (parsed.kind === 'foreign') return refuse('ERR_TEAM_UNKNOWN_KIND', { kind: 'of a newer envelope' })
  return parsed as Command | Refusal
}

function readable(bytes: Uint8Array): Command | undefined {
  const command = readCommand(bytes)
  return 'code' in command ? undefined : command
}

/** Without commands of unknown kinds, and without what descends from them: those are parked, and nobody builds on them. */
function unparked(known: ReadonlyMap<string, Command>): Command[] {
  const good = new Set<string>()
  // By depth, so that parents come first whatever they claim of it: who claims wrong is refused by everybody anyway.
  const sorted = [...known.values()].sort((a, b) => a.depth - b.depth)
  for (const { idHex, kind, parentHexes } of sorted)
    if (isKind(kind) && parentHexes.every((parent) => good.has(parent))) good.add(idHex)
  return sorted.filter(({ idHex }) => good.has(idHex))
}

function namedParents(known: ReadonlyMap<string, Command>, ids: readonly (string | Uint8Array)[]): Command[] {
  return ids.map((id) => {
    const command = known.get(toHex(typeof id === 'string' ? parseId('cmd', id) : id))
    if (command === undefined) throw fail('ERR_TEAM_BAD_PARENT', { why: 'a parent is not among the known commands' })
    return command
  })
}

function teamOf(parents: readonly Command[]): Uint8Array {
  const [first] = parents
  if (first === undefined) throw fail('ERR_TEAM_BAD_PARENT', { why: 'no known command to build on' })
  return first.team ?? first.id
}

function pastOf(known: ReadonlyMap<string, Command>, parents: readonly Command[]): Command[] {
  const past = new Set(parents)
  for (const { parentHexes } of past)
    for (const parent of parentHexes) {
      const command = known.get(parent)
      if (command !== undefined) past.add(command)
    }
  return [...past]
}

function generationIn(past: readonly Command[], parents: readonly Command[], authorHex: string): number {
  const { graph, evaluation } = judgeSet(past.map(({ bytes }) => bytes))
  const nodes = nodesOf(graph, parents)
  if (nodes === undefined || nodes.length === 0) return 0
  const view = evaluation.view(nodes)
  return view.members.get(authorHex)?.generation ?? generationOf(view, authorHex)
}

/** The payload as it is signed: texts of ids become their bytes, a device or a bundle its bundle's bytes. */
function bodyOf(body: object): CborMap {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, valueOf(value)]))
}

function valueOf(value: unknown): CborValue {
  if (typeof value === 'string') return idBytes(value) ?? value
  if (Array.isArray(value)) return value.map(valueOf)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value as CborValue
  if ('bundle' in value && value.bundle instanceof Uint8Array) return value.bundle
  if ('bytes' in value && value.bytes instanceof Uint8Array) return value.bytes
  return isMap(value) ? bodyOf(value) : (value as CborValue)
}

function idBytes(text: string): Uint8Array | undefined {
  const kind = (['team', 'dev', 'cmd', 'inv'] as const).find((one) => text.startsWith(`${one}_b`))
  try {
    return kind === undefined ? undefined : parseId(kind, text)
  } catch {
    return undefined
  }
}

function evaluatedOf(set: JudgedSet): Evaluated {
  const { team, graph, evaluation, leftOut, unreadable } = set
  const what = evaluation.failure()
  // Better no answer than that of other commands.
  if (what !== undefined) throw fail('ERR_TEAM_INTERNAL', { kind: 'resolution', what })
  const state = evaluation.current()
  const verdicts = new Map<string, Verdict>()
  for (const node of graph.nodes) verdicts.set(idText('cmd', node.command.id), verdictOf(set, node))
  for (const { id, verdict, code } of leftOut.values()) verdicts.set(idText('cmd', id), { verdict, code })
  return {
    team: team === null ? null : idText('team', team),
    name: state.name,
    open: state.open,
    stateHash: toHex(stateHash(state)),
    members: membersOf(state).map((member) => ({ id: member.device, ...member })),
    ...stateView(state),
    forked: graph
      .forked()
      .map((deviceHex) => idText('dev', fromHex(deviceHex)))
      .sort(),
    verdicts: new Map([...verdicts].sort(([a], [b]) => (a < b ? -1 : 1))),
    unreadable,
  }
}

function verdictOf({ evaluation }: JudgedSet, node: GraphNode): Verdict {
  const standing = evaluation.standing(node)
  if (standing === 'effective') return { verdict: 'effective' }
  const { verdict, code, by, why } = standing
  const known = { verdict, code, ...(by === undefined ? {} : { by: idText('cmd', by.command.id) }) }
  return verdict === 'void' && why !== undefined ? { ...known, why: why.code } : known
}
