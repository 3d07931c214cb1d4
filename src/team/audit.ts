import { fail, type ErrorCode } from '../base/index.ts'
import { equalBytes, toHex } from '../codec/index.ts'
import type { Keys } from '../keys/index.ts'
import { readAct } from './body.ts'
import { isSame, parseCommand, type Command } from './command.ts'
import { Evaluation } from './evaluation.ts'
import { Graph } from './graph.ts'
import { accept } from './ingest.ts'
import { Reference } from './reference.ts'
import { checksOf, readVerdicts, type ClaimPlace } from './signature-checks.ts'
import { stateHash } from './state-bytes.ts'
import { answerCheck } from './verification.ts'

/** What an audit says against a stored command. */
export interface AuditFault {
  readonly id: Uint8Array
  readonly code: ErrorCode
}

/** What an audit found. */
export interface AuditResult {
  readonly commands: number
  /** Signatures and keys that were verified. */
  readonly checks: number
  /** Hash of the state that the commands amount to. */
  readonly stateHash: Uint8Array
  /** The same by the slow rules that are written for reading; null where there were too many commands for them. */
  readonly referenceHash: Uint8Array | null
}

/** Commands up to which the slow rules are asked too; they walk every pair, so their time grows with the cube. */
const referenceMax = 200

/**
 * Takes a team's stored commands once more, as if they had just come from a stranger: bytes, ids, signatures, law and
 * resolution, with nothing that was remembered of them. Commands come parents first, one by one, so that whoever feeds it
 * may pause between them.
 */
export class Audit {
  readonly #keys: Keys
  readonly #team: Uint8Array
  readonly #graph = new Graph()
  readonly #evaluation = new Evaluation(this.#graph)
  readonly #reference = new Reference()
  #checks = 0

  constructor(keys: Keys, team: Uint8Array) {
    this.#keys = keys
    this.#team = team
  }

  /** What is wrong with the next command, if anything. */
  take(id: Uint8Array, bytes: Uint8Array): AuditFault | undefined {
    const code = this.#judge(id, bytes)
    return code === undefined ? undefined : { id, code }
  }

  result(): AuditResult {
    const commands = this.#graph.size
    const what = this.#evaluation.failure()
    if (what !== undefined) throw fail('ERR_TEAM_INTERNAL', { kind: 'resolution', what })
    return {
      commands,
      checks: this.#checks,
      stateHash: stateHash(this.#evaluation.current()),
      referenceHash: commands <= referenceMax ? stateHash(this.#reference.resolve().state) : null,
    }
  }

  #judge(id: Uint8Array, bytes: Uint8Array): ErrorCode | undefined {
    const parsed = parseCommand(bytes)
    if (parsed.kind === 'refuse' || parsed.kind === 'foreign') return 'ERR_TEAM_BAD_ENCODING'
    const command = parsed as Command
    if (!equalBytes(command.id, id)) return 'ERR_TEAM_BAD_ENCODING'
    if (!isSame(command.team ?? command.id, this.#team)) return 'ERR_TEAM_WRONG_TEAM'
    const act = readAct(command)
    if (act.kind === 'refuse') return act.code
    const invite = act.kind === 'AdmitDevice' ? this.#graph.get(toHex(act.body.invite))?.act : undefined
    const place: ClaimPlace | undefined =
      invite?.kind === 'CreateInvite' ? { team: this.#team, inviteKey: invite.body.key } : undefined
    const checks = checksOf(command, act, place)
    this.#checks += checks.length
    const facts = readVerdicts(
      checks,
      checks.map((check) => answerCheck(this.#keys, check)),
    )
    if ('kind' in facts) return facts.code
    const judged = accept({ graph: this.#graph, evaluation: this.#evaluation }, command, act, facts)
    if ('kind' in judged) return judged.code
    // Fed one by one as well, so that no step takes long.
    return judged.index < referenceMax ? this.#reference.take(judged)?.code : undefined
  }
}
