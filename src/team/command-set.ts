import { limits, refuse, type ErrorCode, type Refusal } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import type { Keys } from '../keys/index.ts'
import type { Act } from './bodies.ts'
import { readAct } from './body.ts'
import { isSame, parseCommand, storedId, type Command } from './command.ts'
import { Evaluation } from './evaluation.ts'
import { Graph, type GraphNode } from './graph.ts'
import { accept } from './ingest.ts'
import { checksOf, readVerdicts, type ClaimPlace } from './signature-checks.ts'
import { answerCheck } from './verification.ts'

/** A command that is not in the graph, and why. */
export interface LeftOut {
  readonly id: Uint8Array
  readonly verdict: 'refused' | 'parked'
  readonly code: ErrorCode
}

/** A set of commands, judged by R0: what is in the graph, and what is not. */
export interface JudgedSet {
  /** Id of the team, or null where no command founds one. */
  readonly team: Uint8Array | null
  readonly graph: Graph
  readonly evaluation: Evaluation
  /** By hex id. */
  readonly leftOut: ReadonlyMap<string, LeftOut>
  /** How many inputs were no command at all: not even an id can be named for them. */
  readonly unreadable: number
}

/** The smallest of commands that can be judged now. */
interface Waiting {
  readonly command: Command
  missing: number
}

/**
 * Judges a set of commands in any order, with duplicates. The team is that of the CreateTeam which most commands name,
 * among equals the one of smaller id; what belongs to another is refused. Without `keys` signatures count as good: for
 * commands that were judged before.
 */
export function judgeSet(
  inputs: Iterable<Uint8Array>,
  options: { readonly keys?: Keys | undefined; readonly team?: Uint8Array | undefined } = {},
): JudgedSet {
  return new SetJudge(options.keys).judge(inputs, options.team)
}

class SetJudge {
  readonly #keys: Keys | undefined
  readonly #graph = new Graph()
  readonly #evaluation = new Evaluation(this.#graph)
  readonly #commands = new Map<string, Command>()
  readonly #leftOut = new Map<string, LeftOut>()
  #unreadable = 0

  constructor(keys: Keys | undefined) {
    this.#keys = keys
  }

  judge(inputs: Iterable<Uint8Array>, wanted: Uint8Array | undefined): JudgedSet {
    for (const bytes of inputs) this.#read(bytes)
    const team = wanted ?? this.#mostNamed()
    for (const command of this.#inOrder()) {
      const refusal = this.#judge(command, team)
      if (refusal !== undefined) this.#leaveOut(command, refusal)
    }
    // Who waits still has a parent that is not in the set.
    for (const command of this.#commands.values())
      if (!this.#graph.has(command.idHex) && !this.#leftOut.has(command.idHex))
        this.#leaveOut(command, refuse('ERR_TEAM_BAD_PARENT', { why: 'a parent is missing' }))
    const [graph, evaluation, leftOut] = [this.#graph, this.#evaluation, this.#leftOut]
    return { team, graph, evaluation, leftOut, unreadable: this.#unreadable }
  }

  #read(bytes: Uint8Array): void {
    const parsed = parseCommand(bytes)
    if (parsed.kind === 'foreign')
      this.#leftOut.set(parsed.idHex, { id: parsed.id, verdict: 'parked', code: 'ERR_TEAM_UNKNOWN_KIND' })
    else if (parsed.kind !== 'refuse') this.#commands.set((parsed as Command).idHex, parsed as Command)
    else {
      const id = storedId(bytes)
      if (id === undefined) this.#unreadable++
      else this.#leftOut.set(toHex(id), { id, verdict: 'refused', code: (parsed as Refusal).code })
    }
  }

  #mostNamed(): Uint8Array | null {
    const votes = new Map<string, number>()
    for (const { team, idHex } of this.#commands.values()) {
      const named = team === null ? idHex : toHex(team)
      votes.set(named, (votes.get(named) ?? 0) + 1)
    }
    const roots = [...this.#commands.values()].filter(({ team }) => team === null)
    const weight = ({ idHex }: Command): number => votes.get(idHex) ?? 0
    const [first] = roots.sort((a, b) => weight(b) - weight(a) || (a.idHex < b.idHex ? -1 : 1))
    return first?.id ?? null
  }

  /** Commands with all parents in the set, parents first. Whatever the order of arrival, this is one order. */
  *#inOrder(): Generator<Command> {
    const children = new Map<string, Waiting[]>()
    let ready: Waiting[] = []
    for (const command of this.#commands.values()) {
      const waiting = { command, missing: 0 }
      for (const parent of command.parentHexes) {
        // One that was left out has been judged: it blocks nobody, and its descendants go its way.
        if (this.#leftOut.has(parent)) continue
        waiting.missing++
        const siblings = children.get(parent)
        if (siblings === undefined) children.set(parent, [waiting])
        else siblings.push(waiting)
      }
      if (waiting.missing === 0) ready.push(waiting)
    }
    while (ready.length > 0) {
      ready.sort((a, b) => (a.command.idHex < b.command.idHex ? -1 : 1))
      const next: Waiting[] = []
      for (const { command } of ready) {
        yield command
        for (const child of children.get(command.idHex) ?? []) if (--child.missing === 0) next.push(child)
      }
      ready = next
    }
  }

  #judge(command: Command, team: Uint8Array | null): Refusal | undefined {
    if (!isSame(command.team ?? command.id, team)) return refuse('ERR_TEAM_WRONG_TEAM')
    const parents = command.parentHexes.map((parent) => this.#leftOut.get(parent))
    if (parents.some((parent) => parent?.verdict === 'refused'))
      return refuse('ERR_TEAM_BAD_PARENT', { why: 'a parent is refused' })
    const act = readAct(command)
    const isParked = parents.some((parent) => parent !== undefined)
    // What descends from a command of a newer law may have forms of that law; only its signature is looked at.
    const known = isParked || act.kind === 'refuse' ? undefined : act
    if (act.kind === 'refuse' && act.code !== 'ERR_TEAM_UNKNOWN_KIND' && !isParked) return act
    const checks = checksOf(command, known, this.#claimPlace(known, team))
    const verdicts = checks.map((check) => this.#keys === undefined || answerCheck(this.#keys, check))
    const facts = readVerdicts(checks, verdicts)
    if ('kind' in facts) return facts
    if (known === undefined) return refuse('ERR_TEAM_UNKNOWN_KIND', { kind: command.kind })
    const judged = accept({ graph: this.#graph, evaluation: this.#evaluation }, command, known, facts)
    return 'kind' in judged ? judged : undefined
  }

  /** The invite of an admission was judged before it, or is none. */
  #claimPlace(act: Act | undefined, team: Uint8Array | null): ClaimPlace | undefined {
    const invite = act?.kind === 'AdmitDevice' ? this.#graph.get(toHex(act.body.invite))?.act : undefined
    return invite?.kind === 'CreateInvite' && team !== null ? { team, inviteKey: invite.body.key } : undefined
  }

  #leaveOut({ id, idHex }: Command, { code }: Refusal): void {
    const verdict = code === 'ERR_TEAM_UNKNOWN_KIND' ? 'parked' : 'refused'
    this.#leftOut.set(idHex, { id, verdict, code })
  }
}

/** The heads that a new command names: commands whose kinds are known, that no other such command names, 16 at most. */
export function headsOf(commands: readonly Command[], authorHex: string): Command[] {
  const heads = antichainOf(commands)
  const chosen = heads.slice(0, limits.commandParentsMax)
  if (chosen.length === heads.length) return chosen
  // As a replica does: a head with the author's own last command is not left out, else it would fork itself.
  const own = heads.find((head) => head.authorHex === authorHex)
  return own === undefined || chosen.includes(own) ? chosen : [...chosen.slice(0, -1), own]
}

function antichainOf(commands: readonly Command[]): Command[] {
  const named = new Set(commands.flatMap(({ parentHexes }) => parentHexes))
  return commands
    .filter(({ idHex }) => !named.has(idHex))
    .sort((a, b) => a.depth - b.depth || (a.idHex < b.idHex ? -1 : 1))
}

/** Which nodes of a graph these parents are, or undefined where one is not in it. */
export function nodesOf(graph: Graph, parents: readonly Command[]): GraphNode[] | undefined {
  const nodes = parents.map(({ idHex }) => graph.get(idHex))
  return nodes.includes(undefined) ? undefined : (nodes as GraphNode[])
}
