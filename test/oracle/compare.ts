import { encodeCbor, fromHex, toHex } from '../../src/codec/index.ts'
import { sha256, type Keys } from '../../src/keys/index.ts'
import { claimChecks, parseClaim } from '../../src/team/claim.ts'
import type { JudgedSet } from '../../src/team/command-set.ts'
import { parseCommand, type Command } from '../../src/team/command.ts'
import { rotationPending } from '../../src/team/kinds/keys.ts'
import { deviceId, parseKeyBundle, type KeyBundle } from '../../src/team/key-bundle.ts'
import { answerCheck, type TeamState } from '../../src/team/index.ts'
import { labels } from '../../src/base/index.ts'
import { Oracle, type Judgement } from './oracle.ts'
import type { Given, Plain, Recipient, State } from './page-tables.ts'

/** What the production engine says of a set of commands, or of a replica that holds them. */
export interface Said {
  readonly state: TeamState
  readonly verdict: (idHex: string) => string | undefined
}

/** A command by its id and its bytes. */
export type Known = Pick<Command, 'idHex' | 'bytes'>

/** What the production engine makes of a set, with what it left out. */
export function saidBySet(set: JudgedSet): Said {
  const verdict = (idHex: string): string | undefined => {
    const { verdict: out, code } = set.leftOut.get(idHex) ?? {}
    return out === 'refused' ? `${out} ${code ?? ''}` : verdictIn(set, idHex)
  }
  return { state: set.evaluation.current(), verdict }
}

/**
 * An oracle for many sets out of the same commands: each prefix of a life, each node of a simulation. What is signed
 * badly is left out. Commands are shown with their parents, or after them.
 */
export class OracleBook {
  readonly #keys: Keys
  readonly #known = new Map<string, Command>()
  readonly #forged = new Set<string>()
  #oracle: Oracle | undefined

  constructor(keys: Keys) {
    this.#keys = keys
  }

  /** The first difference between what somebody says of these commands, and of nothing else, and the oracle. */
  compare(said: Said, commands: readonly Known[]): string | undefined {
    const judged = this.#judge(commands)
    for (const [id, { verdict, code }] of judged.verdicts) {
      const found = said.verdict(id)
      if (found !== verdict && found !== undefined && found !== `${verdict} ${code ?? ''}`)
        return `${this.#nameOf(id)}: the engine says ${found}, the oracle ${verdict} ${code ?? ''}`
    }
    const [ours, theirs] = [projectState(said.state), projectOracle(judged)]
    for (const [name, value] of Object.entries(theirs)) {
      const [engine, oracle] = [JSON.stringify(ours[name]), JSON.stringify(value)]
      if (engine !== oracle) return `${name}: the engine has ${engine}, the oracle ${oracle}`
    }
    return undefined
  }

  #judge(commands: readonly Known[]): Judgement {
    const unknown = commands.filter(({ idHex }) => !this.#known.has(idHex))
    const fresh = unknown.map(({ bytes }) => plainOf(bytes)).filter((one) => one !== undefined)
    for (const command of fresh) {
      this.#known.set(command.idHex, command)
      if (!isSigned(command, this.#keys)) this.#forged.add(command.idHex)
    }
    const plain = fresh.filter(({ idHex }) => !this.#forged.has(idHex)).map(toPlain)
    if (this.#oracle === undefined) this.#oracle = new Oracle(plain, givenBy(this.#keys, fresh))
    else if (plain.length > 0) this.#oracle.learn(plain)
    return this.#oracle.judge(commands.map(({ idHex }) => idHex).filter((id) => !this.#forged.has(id)))
  }

  #nameOf(id: string): string {
    const command = this.#known.get(id)
    return `${command?.kind ?? '?'} ${id.slice(0, 8)} at depth ${command?.depth ?? -1}`
  }
}

export function verdictIn({ graph, evaluation, leftOut }: JudgedSet, idHex: string): string | undefined {
  const node = graph.get(idHex)
  if (node === undefined) return leftOut.get(idHex)?.verdict
  const standing = evaluation.standing(node) as unknown
  if (standing === 'effective') return 'effective'
  return (standing as { verdict?: string }).verdict ?? 'recalled'
}

function plainOf(bytes: Uint8Array): Command | undefined {
  const command = parseCommand(bytes)
  return command.kind === 'refuse' || command.kind === 'foreign' ? undefined : (command as Command)
}

function isSigned({ key, unsigned, signature }: Command, keys: Keys): boolean {
  return keys.verify(key, labels.command, unsigned, signature)
}

/** A command as the oracle takes it. */
export function toPlain(command: Command): Plain {
  const { idHex, team, parentHexes, authorHex, key, generation, sequence, depth, time, kind, body } = command
  const parts = { generation, sequence, depth, time, kind, body }
  return { id: idHex, team: team && toHex(team), parents: parentHexes, author: authorHex, key: toHex(key), ...parts }
}

/** What the oracle takes as given, answered by the codec and by these keys. */
export function givenBy(keys: Keys, commands: readonly Command[]): Given {
  const root = commands.find(({ team }) => team === null)?.id ?? new Uint8Array(32)
  const open = (bytes: Uint8Array): KeyBundle | undefined => {
    const bundle = parseKeyBundle(bytes)
    return 'kind' in bundle ? undefined : bundle
  }
  return {
    isWeak: (key) => !keys.isValidPoint(fromHex(key)),
    deviceOf: (bytes) => {
      const bundle = open(bytes)
      return bundle && toHex(deviceId(bundle.identity))
    },
    openClaim: (bytes, invite, key) => {
      const claim = parseClaim(bytes)
      if ('kind' in claim || toHex(claim.invite) !== invite) return undefined
      const holds = claimChecks(claim, root, fromHex(key)).every((check) => answerCheck(keys, check))
      return holds ? claim.bundle.bytes : undefined
    },
    digest: (list) => toHex(sha256(encodeCbor(list.map(([device, gen, key]) => [fromHex(device), gen, fromHex(key)])))),
  }
}

type Projection = Record<string, unknown>

/** What of a state both can say, in one form. */
export function projectState(state: TeamState): Projection {
  const sort = <T>(rows: Iterable<[string, T]>): [string, T][] => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    open: state.open,
    members: sort(
      [...state.members.values()].map((member) => [
        member.deviceHex,
        [
          ...[member.role, member.generation, member.name, member.networkName ?? ''],
          ...[member.signing.map(toHex).sort(), member.encryption.map(toHex)],
          sort([...member.labels].map(([label, { op, at }]) => [label, [op, toHex(at)]])),
        ],
      ]),
    ),
    departures: sort([...state.departures].map(([device, { generation }]) => [device, generation])),
    roles: sort([...state.roles].map(([name, { rank, permissions, at }]) => [name, [rank, [...permissions].sort(), toHex(at)]])), // prettier-ignore
    labels: sort([...state.labels].map(([label, at]) => [label, toHex(at)])),
    invites: sort([...state.invites].map(([id, { uses, maxUses, role, creator }]) => [id, [uses, maxUses, role, creator]])), // prettier-ignore
    nodes: sort([...state.nodes].map(([peer, { addrs, deviceHex }]) => [peer, [addrs, deviceHex ?? '']])),
    barred: [...state.barred.keys()].sort(),
    swarmKeys: state.swarmKeys.filter(({ retired }) => !retired).map(({ fingerprint }) => toHex(fingerprint)),
    retiredSwarmKeys: state.swarmKeys.filter(({ retired }) => retired).map(({ fingerprint }) => toHex(fingerprint)).sort(), // prettier-ignore
    operators: [...state.operators.keys()].sort(),
    revokedClaims: [...state.revokedClaims.values()].map(({ jti, key, notAfter }) => `${jti ?? ''}/${key === undefined ? '' : toHex(key)}/${notAfter ?? ''}`).sort(), // prettier-ignore
    leaves: sort([...state.leaves].map(([id, { confirmed }]) => [id, confirmed])),
    rotationPending: rotationPending(state),
    epochs: state.epochs.map(({ id, recipients }) => [toHex(id), recipients.map(([device, gen, key]) => [toHex(device), gen, toHex(key)])]), // prettier-ignore
  }
}

export function projectOracle({
  state,
  rotationPending: isPending,
}: Pick<Judgement, 'state' | 'rotationPending'>): Projection {
  const sort = <T>(rows: Iterable<[string, T]>): [string, T][] => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  const isCustom = (role: string): boolean => !['owner', 'admin', 'operator', 'user', 'sync-role'].includes(role)
  const s: State = state
  return {
    open: s.open,
    members: sort(
      [...s.members].map(([device, member]) => [
        device,
        [
          ...[member.role, member.generation, member.name, member.networkName ?? ''],
          ...[[...member.signing.keys()].sort(), [...member.encryption.keys()]],
          sort([...member.labels].map(([label, { op, at }]) => [label, [op, at]])),
        ],
      ]),
    ),
    departures: sort(s.removals),
    roles: sort([...s.roles].filter(([name]) => isCustom(name)).map(([name, { rank, permissions, at }]) => [name, [rank, [...permissions.keys()].sort(), at]])), // prettier-ignore
    labels: sort(s.labels),
    invites: sort([...s.invites].map(([id, { uses, maxUses, role, creator }]) => [id, [uses, maxUses, role, creator]])),
    nodes: sort([...s.nodes].map(([peer, { addrs, device }]) => [peer, [addrs, device ?? '']])),
    barred: [...s.barred].sort(),
    swarmKeys: s.swarmKeys,
    retiredSwarmKeys: [...s.retiredSwarmKeys].sort(),
    operators: [...s.operators].sort(),
    revokedClaims: [...s.revokedClaims].sort(),
    leaves: sort([...s.leaves].map(([id, { isConfirmed }]) => [id, isConfirmed])),
    rotationPending: isPending,
    epochs: [...s.epochs].map(([id, recipients]: [string, readonly Recipient[]]) => [id, recipients]),
  }
}
