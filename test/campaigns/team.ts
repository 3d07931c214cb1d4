import { toHex } from '../../src/codec/index.ts'
import { stateHash, type GraphNode, type TeamState } from '../../src/team/index.ts'
import type { Chance } from '../sim/chance.ts'
import type { Command } from '../../src/team/command.ts'
import { commandOf, headsIn, Ledger } from '../sim/ledger.ts'
import { Life } from '../sim/lives.ts'
import type { Somebody } from '../sim/somebody.ts'
import { drawKind, wishFor } from '../sim/wishes.ts'

/** Kinds of the life before an attack: mostly what gives and takes authority. */
const lived = {
  ...{ AddDevice: 10, RemoveDevice: 14, AssignRole: 20, RevokeRole: 5, ConfirmLeave: 2, CreateRole: 2, DeleteRole: 1 },
  ...{ AddPermission: 2, RemovePermission: 2, AddDeviceKey: 6, RetireKey: 3, CreateInvite: 4, RevokeInvite: 2 },
  ...{ AdmitDevice: 5, CreateLabel: 2, AssignLabel: 2, AssignNetworkName: 2, AddNode: 2, RemoveNode: 2, RotateKey: 3 },
  ...{ RotateSwarmKey: 2, RetireSwarmKey: 1, TrustOperator: 1, DistrustOperator: 1, RevokeClaim: 1, CloseTeam: 0.05 },
}
/** Kinds that an attacker forges: reducers and grants first, and everything else, too. */
const forged = {
  ...lived,
  RemoveDevice: 24,
  AssignRole: 28,
  ConfirmLeave: 8,
  RetireKey: 8,
  RevokeInvite: 6,
  CloseTeam: 0.3,
}

/** What campaigns before these hardly had: epochs, swarm keys, operators and claims. */
const rare = { RotateKey: 12, RotateSwarmKey: 14, RetireSwarmKey: 8, TrustOperator: 8, DistrustOperator: 6, RevokeClaim: 8 } // prettier-ignore

/** How a team of a campaign lives. */
export interface LivedOptions {
  readonly devices: number
  /** Its best member forked before, and went on. */
  readonly isBestForked?: boolean
  /** Epochs, swarm keys, operators and claims are made most often. */
  readonly isRare?: boolean
}

/** A team that has lived: who its best member is has seen all, and has confirmed every leave. */
export interface OldTeam {
  readonly seed: number
  readonly chance: Chance
  readonly cast: readonly Somebody[]
  /** All commands before the attack, parents first. */
  readonly commands: readonly Command[]
  /** Kinds that are forged, and how often. */
  readonly weights: Readonly<Record<string, number>>
  readonly ledger: Ledger
  readonly state: TeamState
  /** The honest member that outranks everybody, or is the most senior of those who rank so. */
  readonly best: Somebody
}

/** Lets a team live; undefined where it ends without a team to attack. */
export function liveOn(seed: number, options: LivedOptions): OldTeam | undefined {
  const commands = 8 + (seed % 33)
  const weights = options.isRare === true ? { ...lived, ...rare } : lived
  const life = new Life({ seed, devices: options.devices, commands, sync: 0.35, weights }).run()
  const best = bestOf(life.ledger.state, life.cast)
  if (best === undefined) return undefined
  const index = life.cast.indexOf(best)
  if (options.isBestForked === true) life.act(index, headsIn(life.cut(life.known[index] as Set<GraphNode>)), 12)
  for (const node of life.ledger.graph.nodes) life.known[index]?.add(node)
  for (const leave of life.ledger.state.leaves.values())
    if (!leave.confirmed)
      life.author(index, {
        kind: 'ConfirmLeave',
        body: { device: leave.device, gen: leave.generation, leave: leave.id },
      })
  const sequence = (life.ledger.state.members.get(best.hex)?.bundle ?? 0) + 1
  const seen = life.author(index, { kind: 'AddDeviceKey', body: { bundle: best.bundle(sequence) } })
  const { state } = life.ledger
  if (seen === undefined || bestOf(state, life.cast) !== best) return undefined
  if (![...state.leaves.values()].every(({ confirmed }) => confirmed)) return undefined
  const { cast, chance, ledger } = life
  const weighed = options.isRare === true ? { ...forged, ...rare } : forged
  return { seed, chance, cast, commands: ledger.bytes.map(commandOf), weights: weighed, ledger, state, best }
}

function bestOf(state: TeamState, cast: readonly Somebody[]): Somebody | undefined {
  const rank = (role: string): number =>
    ({ owner: 1_000_000, admin: 800, operator: 700, user: 600, 'sync-role': 100 })[role] ??
    state.roles.get(role)?.rank ??
    0
  const [first] = [...state.members.values()].sort(
    (a, b) =>
      rank(b.role) - rank(a.role) ||
      a.admitted.depth - b.admitted.depth ||
      (a.admitted.idHex < b.admitted.idHex ? -1 : 1),
  )
  return cast.find(({ hex }) => hex === first?.deviceHex)
}

/** The team again, with forged commands added. */
export interface Attacked {
  readonly ledger: Ledger
  readonly forged: readonly GraphNode[]
  readonly state: TeamState
}

/** Attackers sign on any earlier points, and on what they forged before. */
export function attack({ commands, chance, cast, weights }: OldTeam, attackers: readonly Somebody[]): Attacked {
  const ledger = new Ledger()
  for (const one of commands) ledger.take(one)
  const old = [...ledger.graph.nodes]
  const made: GraphNode[] = []
  for (let n = 1 + chance.below(6); n > 0; n--) {
    const by = chance.pick(attackers)
    const tips = Array.from({ length: 1 + chance.below(2) }, () => chance.pick(old))
    if (made.length > 0 && chance.is(0.75)) tips.push(chance.pick(made))
    // Now and then who forked goes on from both sides, without what others saw of either.
    const own = old.filter(({ command }) => command.authorHex === by.hex)
    const forks = made.filter(({ command }) => command.authorHex === by.hex)
    if (own.length > 0 && forks.length > 0 && chance.is(0.4))
      tips.splice(0, tips.length, own.at(-1) as GraphNode, chance.pick(forks))
    const on = headsIn(ledger.closure(tips))
    const view = ledger.view(on)
    if (!view.members.has(by.hex)) continue
    for (let tries = 0; tries < 6; tries++) {
      const wish = wishFor(chance, drawKind(chance, weights), view, by, cast)
      if (wish === undefined) continue
      // Now and then an id that sorts first of four: it must gain nothing.
      const times = chance.is(0.25) ? [0, 1, 2, 3] : [0]
      const drawn = times.map((time) => ledger.sign(by, on, wish, { time }))
      const node = ledger.take(drawn.sort((a, b) => (a.idHex < b.idHex ? -1 : 1))[0] as (typeof drawn)[0])
      if (node === undefined) continue
      made.push(node)
      break
    }
  }
  return { ledger, forged: made, state: ledger.state }
}

export function hashOf(state: TeamState): string {
  return toHex(stateHash(state))
}
