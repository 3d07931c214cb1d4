import type { GraphNode } from '../../src/team/index.ts'
import { Chance } from './chance.ts'
import { headsIn, Ledger } from './ledger.ts'
import { somebody, type Somebody } from './somebody.ts'
import { drawKind, wishFor } from './wishes.ts'

export interface LifeOptions {
  readonly seed: number
  readonly devices: number
  readonly commands: number
  /** Probability that a command is signed on an old point of what its author knew: a fork, or a back-dated act. */
  readonly evil?: number
  /** Probability of a sync of two devices after a command. */
  readonly sync?: number
  /** Kinds and how often; default all. */
  readonly weights?: Readonly<Record<string, number>>
}

/** A random life of a partitioned team on the level of commands: who knows what, who signs what on it. */
export class Life {
  readonly chance: Chance
  readonly ledger = new Ledger()
  readonly cast: readonly Somebody[]
  /** What each device knows: sets that are closed under parents. */
  readonly known: Set<GraphNode>[]
  readonly #options: LifeOptions

  constructor(options: LifeOptions) {
    this.#options = options
    this.chance = new Chance(options.seed)
    this.cast = Array.from({ length: options.devices }, (_, i) => somebody(`${options.seed % 1000}/${i}`))
    this.ledger.found(this.cast[0] as Somebody)
    const root = this.ledger.graph.nodes[0] as GraphNode
    this.known = this.cast.map(() => new Set([root]))
    this.#admitAll()
  }

  /** The founder adds most of the others, one after the other, and makes a role that removes. */
  #admitAll(): void {
    const roles = ['owner', 'admin', 'operator', 'operator', 'user', 'sync-role']
    const [, ...others] = this.cast
    const manager = ['device.add', 'device.admit', 'device.remove', 'key.rotate', 'label.assign', 'label.define', 'name.assign', 'role.assign', 'role.revoke'] // prettier-ignore
    const made = this.chance.is(0.7) && this.author(0, { kind: 'CreateRole', body: { role: 'manager', rank: 800, permissions: manager } }) // prettier-ignore
    for (const device of others) {
      if (this.chance.is(0.15)) continue
      const role = made && this.chance.is(0.3) ? 'manager' : this.chance.pick(roles)
      const roleAt = made && role === 'manager' ? made.command.id : this.ledger.team
      this.author(0, { kind: 'AddDevice', body: { bundle: device.bundle(0), commonName: device.name, role, roleAt, gen: 0 } }) // prettier-ignore
    }
    for (const known of this.known) for (const node of this.ledger.graph.nodes) known.add(node)
  }

  /** Signs a wish on what a device knows, or on other points; undefined where the law refuses it. */
  author(
    index: number,
    wish: { kind: string; body: object },
    on = headsIn(this.#knownTo(index)),
  ): GraphNode | undefined {
    const by = this.cast[index] as Somebody
    const node = this.ledger.take(this.ledger.sign(by, on, wish as never, { time: this.chance.below(1_000_000) }))
    if (node !== undefined) for (const one of this.ledger.closure([node])) this.#knownTo(index).add(one)
    return node
  }

  /** Lets a random device do something random: up to so many wishes until one is lawful. */
  act(index = this.chance.below(this.cast.length), on = this.points(index), tries = 6): GraphNode | undefined {
    const { chance, ledger, cast } = this
    const view = ledger.view(on)
    if (!view.members.has((cast[index] as Somebody).hex)) return undefined
    for (let n = 0; n < tries; n++) {
      const kind = drawKind(chance, this.#options.weights)
      const wish = wishFor(chance, kind, view, cast[index] as Somebody, cast)
      const node = wish && this.author(index, wish, on)
      if (node !== undefined) return node
    }
    return undefined
  }

  /** Where a device signs next: on all it knows, or, being evil, on any older cut of it. */
  points(index: number): GraphNode[] {
    const known = this.#knownTo(index)
    return headsIn(this.chance.is(this.#options.evil ?? 0) ? this.cut(known) : known)
  }

  /** A random cut of what is known: the past of one or two of its commands. */
  cut(known: ReadonlySet<GraphNode>): Set<GraphNode> {
    const all = [...known]
    const tips = Array.from({ length: 1 + this.chance.below(2) }, () => this.chance.pick(all))
    return this.ledger.closure(tips)
  }

  /** Somebody forks beside a command of its own, and puts out on that side who has built on the other. */
  betray(): void {
    const { chance, ledger, cast } = this
    const x = chance.pick(ledger.graph.nodes)
    const index = cast.findIndex(({ hex }) => hex === x.command.authorHex)
    const witness = ledger.graph.nodes.find(
      ({ parents, command }) => parents.includes(x) && command.authorHex !== x.command.authorHex,
    )
    if (x.parents.length === 0 || witness === undefined) return
    const device = cast.find(({ hex }) => hex === witness.command.authorHex)?.device
    const gen = witness.command.generation
    const out = device && this.author(index, { kind: 'RemoveDevice', body: { device, gen } }, [...x.parents])
    if (out !== undefined) this.act(index, [out])
  }

  learn(to: number, from: number): void {
    for (const node of this.#knownTo(from)) this.#knownTo(to).add(node)
  }

  run(): this {
    const { chance, cast } = this
    const sync = this.#options.sync ?? 0.3
    for (let n = 0; n < this.#options.commands; n++) {
      this.act()
      if (chance.is((this.#options.evil ?? 0) / 2)) this.betray()
      if (chance.is(sync)) this.learn(chance.below(cast.length), chance.below(cast.length))
      if (chance.is(0.02)) for (const to of cast.keys()) for (const from of cast.keys()) this.learn(to, from)
    }
    return this
  }

  #knownTo(index: number): Set<GraphNode> {
    return this.known[index] as Set<GraphNode>
  }
}

/** What takes and gives membership and authority, and little else: where the rules are hard. */
const hard = {
  ...{ AddDevice: 10, RemoveDevice: 16, AssignRole: 24, RevokeRole: 6, ConfirmLeave: 10, CreateRole: 2, DeleteRole: 2 },
  ...{ AddPermission: 3, RemovePermission: 4, AddDeviceKey: 6, RetireKey: 6, CreateInvite: 4, RevokeInvite: 4 },
  ...{ AdmitDevice: 6, AddNode: 1, RemoveNode: 1, CloseTeam: 0.3, RotateKey: 1 },
}

/** The life of a seed: its size, how evil its people are, and what they do, all drawn. */
export function drawLife(seed: number): Life {
  const options = { seed, devices: 3 + (seed % 5), commands: 10 + (seed % 30), evil: (seed % 5) / 8 }
  return new Life(seed % 3 === 0 ? options : { ...options, weights: hard }).run()
}
