import { labels } from '../../src/base/index.ts'
import { decodeCbor, encodeCbor, equalBytes, fromHex, toHex } from '../../src/codec/index.ts'
import { openKeys, sha256, type Keys } from '../../src/keys/index.ts'
import {
  bundleChecks,
  deviceId,
  parseCommand,
  parseKeyBundle,
  stateHash,
  type Command,
  type KeyBundle,
  type TeamState,
} from '../../src/team/index.ts'
import { judgeSet, type JudgedSet } from '../../src/team/command-set.ts'
import { sealingEpoch } from '../../src/team/kinds/keys.ts'
import { Reference } from '../../src/team/reference.ts'
import type { Standing } from '../../src/team/ruling.ts'
import { Oracle } from '../oracle/oracle.ts'
import { arrive } from './arrivals.ts'
import type { Given, State } from '../oracle/page-tables.ts'
import type { Found, FoundVerdict, Judge } from './found.ts'

const keys = await openKeys()

/** The code that the node runs. */
export const engine: Judge = {
  name: 'engine',
  judge: (inputs) => {
    const set = judgeSet(inputs, { keys })
    return Promise.resolve(foundIn(set, set.evaluation.current(), (idHex) => standingIn(set, idHex)))
  },
}

/** The same code, fed with one command after the other in the order of delivery, and asked after each. */
export const incremental: Judge = {
  name: 'engine as commands arrive',
  judge: (inputs) => {
    const { arrivals, set } = arrive(inputs, keys, ({ evaluation }) => evaluation.current())
    const { evaluation, graph } = arrivals
    return Promise.resolve(foundIn(set, evaluation.current(), (idHex) => standingIn({ graph, evaluation }, idHex)))
  },
}

/** The slow reference, on the commands that the engine took into its graph: it judges their origin once more. */
export const reference: Judge = {
  name: 'reference',
  judge: (inputs) => {
    const set = judgeSet(inputs, { keys })
    const slow = new Reference()
    for (const node of set.graph.nodes) {
      const refusal = slow.take(node)
      if (refusal !== undefined) throw new Error(`the reference refuses what the engine took: ${refusal.code}`)
    }
    const { state, standings } = slow.resolve()
    return Promise.resolve(foundIn(set, state, (idHex) => standings.get(idHex)))
  },
}

function standingIn(
  { graph, evaluation }: Pick<JudgedSet, 'graph' | 'evaluation'>,
  idHex: string,
): Standing | undefined {
  const node = graph.get(idHex)
  return node === undefined ? undefined : evaluation.standing(node)
}

function foundIn(set: JudgedSet, state: TeamState, standingOf: (idHex: string) => Standing | undefined): Found {
  const verdicts = new Map<string, FoundVerdict>()
  for (const { command } of set.graph.nodes) {
    const standing = standingOf(command.idHex) ?? { verdict: 'unknown', code: undefined }
    verdicts.set(command.idHex, standing === 'effective' ? { verdict: standing } : standing)
  }
  for (const [idHex, { verdict, code }] of set.leftOut) verdicts.set(idHex, { verdict, code })
  const hexes = (list: readonly Uint8Array[]): string[] => list.map(toHex)
  const members = [...state.members].map(
    ([device, { role, generation, signing, encryption, labels: held, networkName }]) => {
      const labelled = new Map([...held].map(([label, { op }]) => [label, op]))
      return [device, { role, generation, signing: hexes(signing), encryption: hexes(encryption), labels: labelled, networkName }] as const // prettier-ignore
    },
  )
  const sealing = sealingEpoch(state)
  return {
    isOpen: state.open,
    state: toHex(stateHash(state)),
    verdicts,
    forked: set.graph.forked(),
    members: new Map(members),
    roles: [...state.roles.keys()],
    labels: new Map([...state.labels].map(([label, at]) => [label, toHex(at)])),
    invites: new Map([...state.invites].map(([id, { uses }]) => [id, uses])),
    nodes: [...state.nodes.keys()],
    barred: [...state.barred.keys()],
    epochs: new Map(state.epochs.map((epoch) => [epoch.idHex, epoch.recipients.map(([device]) => toHex(device))])),
    sealing: sealing?.idHex,
  }
}

/** The second implementation of the law. It takes signatures, points and claims as given, so they are looked at here. */
export const oracle: Judge = {
  name: 'oracle',
  judge: (inputs) => {
    const commands = inputs
      .map(parseCommand)
      .filter((one): one is Command => !('code' in one) && one.kind !== 'foreign')
    const [root] = commands.filter(({ kind }) => kind === 'CreateTeam')
    const forged = new Map<string, FoundVerdict>()
    const good = commands.filter((command) => {
      const isOfTeam = command.team === null || (root !== undefined && equalBytes(command.team, root.id))
      const holds = !isOfTeam || isSigned(keys, command)
      if (!holds) forged.set(command.idHex, { verdict: 'refused', code: 'ERR_TEAM_BAD_SIGNATURE' })
      return holds
    })
    const judged = new Oracle(good.map(plainOf), givenOf(keys, root?.id ?? new Uint8Array(32))).judge()
    const found = foundOf(judged.state, judged.rotationPending)
    const verdicts = new Map<string, FoundVerdict>(forged)
    for (const { idHex } of good) {
      const { verdict, code } = judged.verdicts.get(idHex) ?? { verdict: 'refused', code: 'BAD_PARENT' }
      verdicts.set(idHex, {
        verdict,
        ...(code === undefined ? {} : { code: `ERR_TEAM_${code.replace('ERR_TEAM_', '')}` }),
      })
    }
    return Promise.resolve({ ...found, verdicts, forked: [...judged.forked].sort() })
  },
}

function isSigned(of: Keys, { key, unsigned, signature }: Command): boolean {
  return of.verify(key, labels.command, unsigned, signature)
}

function plainOf(command: Command) {
  const { idHex: id, team, parentHexes: parents, authorHex: author, kind, body } = command
  const { generation, sequence, depth, time } = command
  const key = toHex(command.key)
  return { id, team: team && toHex(team), parents, author, key, generation, sequence, depth, time, kind, body }
}

function givenOf(of: Keys, team: Uint8Array): Given {
  const holds = (bundle: KeyBundle): boolean =>
    bundleChecks(bundle).every(
      (check) => check.kind === 'point' || of.verify(check.publicKey, check.label, check.bytes, check.signature),
    )
  const deviceOf = (bytes: Uint8Array): string | undefined => {
    const bundle = parseKeyBundle(bytes)
    return 'code' in bundle || !holds(bundle) ? undefined : toHex(deviceId(bundle.identity))
  }
  return {
    isWeak: (key) => !of.isValidPoint(fromHex(key)),
    deviceOf,
    openClaim: (claim, invite, key) => openClaim(of, team, claim, invite, key),
    digest: (recipients) =>
      toHex(sha256(encodeCbor(recipients.map(([device, gen, key]) => [fromHex(device), gen, fromHex(key)])))),
  }
}

/** `TEAM.md` 8 once more: both signatures cover team, invite, hash of the bundle and nonce. */
function openClaim(of: Keys, team: Uint8Array, claim: Uint8Array, invite: string, key: string): Uint8Array | undefined {
  const [map, ofInvite, ofIdentity] = decodeCbor(claim) as unknown as Uint8Array[]
  if (map === undefined || ofInvite === undefined || ofIdentity === undefined) return undefined
  const { i, b, n } = decodeCbor(map) as { i: Uint8Array; b: Uint8Array; n: Uint8Array }
  const bundle = parseKeyBundle(b)
  if ('code' in bundle || toHex(i) !== invite) return undefined
  const statement = encodeCbor({ t: team, i, b: sha256(b), n })
  const isSigned =
    of.verify(fromHex(key), labels.inviteClaim, statement, ofInvite) &&
    of.verify(bundle.identity, labels.inviteJoin, statement, ofIdentity)
  return isSigned ? b : undefined
}

function foundOf(state: State, isPending: boolean): Omit<Found, 'verdicts' | 'forked'> {
  const members = [...state.members].map(([device, member]) => {
    const { role, generation, signing, encryption, labels: held, networkName } = member
    const labelled = new Map([...held].map(([label, { op }]) => [label, op]))
    const ring = { signing: [...signing.keys()], encryption: [...encryption.keys()] }
    return [device, { role, generation, ...ring, labels: labelled, networkName }] as const
  })
  const isFor = (recipients: State['epochs'] extends Map<string, infer R> ? R : never): boolean =>
    recipients.every(([device, generation]) => state.members.get(device)?.generation === generation)
  const found = {
    isOpen: state.open,
    removals: state.removals,
    members: new Map(members),
    roles: [...state.roles.keys()].sort(),
    labels: state.labels,
    invites: new Map([...state.invites].map(([id, { uses }]) => [id, uses])),
    nodes: [...state.nodes.keys()].sort(),
    barred: [...state.barred].sort(),
    epochs: new Map([...state.epochs].map(([id, to]) => [id, to.map(([device]) => device)])),
    sealing: isPending ? undefined : [...state.epochs].filter(([, to]) => isFor(to)).at(-1)?.[0],
  }
  return { ...found, state: textOf(found) }
}

/** A text that is equal where two findings are. */
function textOf(found: object): string {
  return JSON.stringify(found, (_, value: unknown) =>
    value instanceof Map ? [...(value as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1)) : value,
  )
}
