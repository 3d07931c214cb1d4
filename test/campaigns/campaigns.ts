import { toHex } from '../../src/codec/index.ts'
import { deviceId, rankOf, type GraphNode, type TeamState } from '../../src/team/index.ts'
import { takesPart } from '../../src/team/reducers.ts'
import { projectState } from '../oracle/compare.ts'
import { backdated, isBeside } from '../sim/invariants.ts'
import { Chance } from '../sim/chance.ts'
import type { Ledger } from '../sim/ledger.ts'
import type { Somebody } from '../sim/somebody.ts'
import { attack, hashOf, liveOn, type Attacked, type OldTeam } from './team.ts'

/** What became of one attack: `none` could be made on this team, `kept` the promise, or what it broke. */
export type Result = string

export interface Attack {
  readonly result: Result
  /** Kinds of the commands that were forged and taken. */
  readonly kinds: readonly string[]
}

/** A promise of the rules, and who attacks it (`TEAM.md` 4, the table of the campaigns). */
export interface Campaign {
  readonly name: string
  /** Draws the attackers; none where the team has not got them. */
  readonly attackers: (team: OldTeam) => readonly Somebody[]
  /** What the attack broke, or undefined. */
  readonly broke: (team: OldTeam, attackers: readonly Somebody[], after: Attacked) => string | undefined
  readonly isBestForked?: true
  /** In teams of epochs, swarm keys, operators and claims. */
  readonly isRare?: true
  /** A limit of the rules: it is measured, and nothing is promised. */
  readonly isLimit?: true
  /** Devices of its smallest team; its largest has five more. Default 3. */
  readonly devices?: number
}

/** One team, one attack. The same seed replays it. */
export function runCampaign(campaign: Campaign, seed: number): Result {
  const { isBestForked = false, isRare = false } = campaign
  const team = liveOn(seed, { devices: (campaign.devices ?? 3) + (seed % 6), isBestForked, isRare })
  return team === undefined ? 'none' : attackOn(team, campaign, 0).result
}

/** An attack by its number on a team that may have been attacked before: each begins with the team as it was. */
export function attackOn(before: OldTeam, campaign: Campaign, number: number): Attack {
  const team = { ...before, chance: new Chance(before.seed * 1_000 + number) }
  const attackers = campaign.attackers(team)
  if (attackers.length === 0) return { result: 'none', kinds: [] }
  const after = attack(team, attackers)
  const kinds = after.forged.map(({ command }) => command.kind)
  return { result: kinds.length === 0 ? 'none' : (campaign.broke(team, attackers, after) ?? 'kept'), kinds }
}

// --- Who attacks ---
/** Devices that were removed, or left and were confirmed, and of whom the rules promise something. */
function departed({ cast, state, ledger }: OldTeam): Somebody[] {
  return cast.filter(({ hex }) => !state.members.has(hex) && state.departures.has(hex) && !isSpecial(ledger, hex))
}

/** Present devices whose role was lowered by somebody else, and whose present role governs nothing. */
function demoted({ cast, state, ledger }: OldTeam): Somebody[] {
  return cast.filter(({ hex }) => {
    const member = state.members.get(hex)
    if (member === undefined || !['user', 'sync-role'].includes(member.role) || isSpecial(ledger, hex)) return false
    const by = ledger.graph.get(member.roleBy)
    return by !== undefined && by.origin.leaves !== undefined && by.command.authorHex !== hex
  })
}

/**
 * True for a device raised or added beside its own removal or demotion, or whose admission has no effect: the rules
 * promise nothing there (the limits that close section 4).
 */
function isSpecial(ledger: Ledger, hex: string): boolean {
  const about = ledger.graph.nodes.filter((node) => subjectOf(node) === hex)
  const isAdmission = (node: GraphNode): boolean => ['AddDevice', 'AdmitDevice'].includes(node.command.kind)
  const isRaise = (node: GraphNode): boolean =>
    isAdmission(node) || (['AssignRole', 'RevokeRole'].includes(node.command.kind) && node.origin.leaves === undefined)
  const isFall = (node: GraphNode): boolean =>
    ['RemoveDevice', 'ConfirmLeave'].includes(node.command.kind) || node.origin.leaves !== undefined
  if (about.some((node) => isAdmission(node) && ledger.evaluation.standing(node) !== 'effective')) return true
  return about.some((raise) => isRaise(raise) && about.some((fall) => isFall(fall) && isBeside(ledger, raise, fall)))
}

/** The device that a command adds, removes, or gives a role. */
function subjectOf({ act }: GraphNode): string {
  const body = act.body as { device?: Uint8Array; bundle?: { identity: Uint8Array }; claim?: { bundle: { identity: Uint8Array } } } // prettier-ignore
  if (body.device !== undefined) return toHex(body.device)
  const identity = (body.bundle ?? body.claim?.bundle)?.identity
  return identity === undefined ? '' : toHex(deviceId(identity))
}

function drawn(team: OldTeam, from: readonly Somebody[], count: number): Somebody[] {
  if (from.length < count) return []
  return [...from].sort(() => team.chance.unit() - 0.5).slice(0, count)
}

function others({ cast, best }: OldTeam): Somebody[] {
  return cast.filter((one) => one !== best)
}

// --- What must not happen ---
function changedState({ state }: OldTeam, _: readonly Somebody[], after: Attacked): string | undefined {
  return hashOf(state) === hashOf(after.state) ? undefined : `the state changed: ${difference(state, after.state, [])}`
}

function changedOthers({ state }: OldTeam, attackers: readonly Somebody[], after: Attacked): string | undefined {
  const found = difference(state, after.state, attackers)
  return found === '' ? undefined : `outside their own rows: ${found}`
}

/**
 * What whoever is present may bring about: it may leave, which bars the nodes bound to it, and it may retire a key of its own
 * as compromised.
 */
const byAnybody = ['leaves', 'nodes', 'barred', 'rotationPending']

/** Where two states differ, rows of these devices aside. */
function difference(before: TeamState, after: TeamState, aside: readonly Somebody[]): string {
  const [a, b] = [projectState(before), projectState(after)]
  const own = new Set(aside.map(({ hex }) => hex))
  const strip = (rows: unknown): string =>
    JSON.stringify(
      Array.isArray(rows) ? rows.filter((row) => !(Array.isArray(row) && own.has(row[0] as string))) : rows,
    )
  const names = Object.keys(a).filter((name) => !(own.size > 0 && byAnybody.includes(name)))
  return names.filter((name) => strip(a[name]) !== strip(b[name])).map((name) => `${name} ${strip(a[name])} -> ${strip(b[name])}`).join('; ') // prettier-ignore
}

/** The one that left acts in vain, and what was seen of it stands against its own forks. */
function revived(team: OldTeam, attackers: readonly Somebody[], after: Attacked): string | undefined {
  const [gone] = attackers as [Somebody]
  // The present one may have undone the removal itself: a limit.
  if (after.state.members.has(gone.hex) || isRemovalUndone(team, gone, after)) return undefined
  // The present one may have added it again, lawfully.
  const left = team.state.departures.get(gone.hex)?.generation ?? 0
  const acted = after.forged.find(
    ({ command }) =>
      command.authorHex === gone.hex &&
      command.generation < left &&
      standingOf(after.ledger, command.idHex) === 'effective',
  )
  if (acted !== undefined) return `a forged ${acted.command.kind} of the one that left has an effect`
  return undoneByFork(team, [gone], after)
}

function isRemovalUndone({ ledger, state }: OldTeam, { hex }: Somebody, after: Attacked): boolean {
  const by = state.departures.get(hex)?.removedBy
  const falls = ledger.graph.nodes.filter((node) => subjectOf(node) === hex && ['RemoveDevice', 'ConfirmLeave'].includes(node.command.kind)) // prettier-ignore
  return [by, ...falls.map(({ command }) => command.idHex)].some(
    (id) => id !== undefined && ledger.evaluation.standing(ledger.graph.get(id) as GraphNode) === 'effective' && standingOf(after.ledger, id) !== 'effective', // prettier-ignore
  )
}

function undoneByFork(
  { ledger }: OldTeam,
  attackers: readonly Somebody[],
  { ledger: now }: Attacked,
): string | undefined {
  const own = new Set(attackers.map(({ hex }) => hex))
  for (const { command } of ledger.graph.nodes) {
    const before = ledger.evaluation.standing(ledger.graph.get(command.idHex) as GraphNode)
    const node = now.graph.get(command.idHex) as GraphNode
    const after = now.evaluation.standing(node)
    if (!own.has(command.authorHex) || before !== 'effective' || after === 'effective' || after.by === undefined)
      continue
    if (
      after.by.command.authorHex === command.authorHex &&
      isBeside(now, node, after.by) &&
      after.by.index >= ledger.graph.nodes.length
    )
      return `${command.kind} of ${command.authorHex.slice(0, 6)} was undone by its author's fork`
  }
  return undefined
}

/**
 * No reducer of the first owner, who is honest, is void, unless what it took is gone all the same: a removal by somebody
 * else makes a demotion, a leave and its confirmation of the same device void, because it takes more.
 */
function lostReducer({ ledger, cast }: OldTeam, _: readonly Somebody[], { ledger: now }: Attacked): string | undefined {
  for (const node of ledger.graph.nodes) {
    const { command } = node
    if (command.authorHex !== cast[0]?.hex || !takesPart(node)) continue
    const [before, after] = [standingOf(ledger, command.idHex), standingOf(now, command.idHex)]
    if (before !== 'void' && after === 'void' && !isGoneAllTheSame(now, node))
      return `${command.kind} of the first owner became void`
  }
  return undefined
}

function isGoneAllTheSame({ state }: Ledger, { act, origin }: GraphNode): boolean {
  const body = act.body as { device?: Uint8Array; gen?: number }
  if (body.device === undefined) return false
  const member = state.members.get(toHex(body.device))
  if (member?.generation !== body.gen) return true
  return origin.leaves !== undefined && rankOf(state, toHex(body.device)) <= origin.leaves.rank
}

function brokenInvariants(_team: OldTeam, _: readonly Somebody[], { ledger, state }: Attacked): string | undefined {
  const owners = [...state.members.values()].filter(({ role }) => role === 'owner')
  if (state.open && owners.length === 0) return 'I5: an open team without an owner'
  return backdated({ graph: ledger.graph, standing: (node) => ledger.evaluation.standing(node) })[0]
}

function standingOf({ graph, evaluation }: Ledger, idHex: string): 'effective' | 'recalled' | 'void' {
  const standing = evaluation.standing(graph.get(idHex) as GraphNode)
  return standing === 'effective' ? standing : standing.verdict
}

const gone = (count: number, more: Partial<Campaign> = {}): Campaign => ({
  name: count === 1 ? 'one removed or confirmed-left device' : `${count} such devices`,
  devices: count + 2,
  attackers: (team) => drawn(team, departed(team), count),
  broke: changedState,
  ...more,
})

/** The table of section 4, and what it did not cover. */
export const campaigns: readonly Campaign[] = [
  gone(1),
  gone(2),
  gone(3),
  gone(4),
  gone(5),
  gone(1, { name: 'one such device; the best device forked before', isBestForked: true, isLimit: true }),
  gone(2, { name: 'two such devices; the best device forked before', isBestForked: true, isLimit: true }),
  gone(1, { name: 'one such device; epochs, swarm keys, operators and claims', isRare: true }),
  gone(3, { name: 'three such devices; epochs, swarm keys, operators and claims', isRare: true }),
  {
    name: 'demoted but present, alone or with accomplices',
    attackers: (team) => drawn(team, demoted(team), 1 + team.chance.below(3)),
    broke: changedOthers,
  },
  {
    name: 'one removed and one present',
    attackers: (team) => {
      const present = others(team).filter(({ hex }) => team.state.members.has(hex))
      const [out, accomplice] = [drawn(team, departed(team), 1), drawn(team, present, 1)]
      return out.length === 0 || accomplice.length === 0 ? [] : [...out, ...accomplice]
    },
    broke: revived,
  },
  {
    name: 'forking: one to three of any kind',
    attackers: (team) => drawn(team, others(team), 1 + team.chance.below(3)),
    broke: undoneByFork,
  },
  {
    name: 'one to three below owner, against the first owner',
    attackers: (team) => {
      const wasOwner = new Set(team.ledger.graph.nodes.filter(({ origin }) => origin.role === 'owner').map(({ command }) => command.authorHex)) // prettier-ignore
      const below = others(team).filter(
        ({ hex }) => !wasOwner.has(hex) && team.state.members.get(hex)?.role !== 'owner',
      )
      return team.best === team.cast[0] ? drawn(team, below, 1 + team.chance.below(3)) : []
    },
    broke: lostReducer,
  },
  { name: 'everybody evil: I3 and I5', attackers: (team) => team.cast, broke: brokenInvariants },
]
