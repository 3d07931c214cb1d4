import { decodeCbor, encodeCbor, type CborMap } from '../../src/codec/index.ts'
import type { Command, Envelope } from '../../src/team/command.ts'
import type { GraphNode } from '../../src/team/index.ts'
import type { Chance } from './chance.ts'
import { commandOf, headsIn, Ledger } from './ledger.ts'
import type { Player } from './player.ts'
import { drawKind, wishFor, type Wish } from './wishes.ts'
import type { World } from './world.ts'

type Mood = 'forge' | 'withhold' | 'lie' | 'flood'

/** What the hostile members of a world do. They collude: each signs with the keys of all, on all that one of them knows. */
export class Villains {
  readonly #world: World
  readonly #cast: readonly Player[]
  readonly #ledgers = new Map<Player, { ledger: Ledger; life: number; seen: number }>()
  readonly #moods = new Map<Player, Mood>()

  constructor(world: World, cast: readonly Player[]) {
    this.#world = world
    this.#cast = cast
    for (const player of cast) player.isEvil = true
    world.twist = (frame, from) => this.#twist(frame, from)
  }

  /** One deed. */
  act(): void {
    const { chance } = this.#world
    const player = chance.pick(this.#cast)
    if (player.replica === undefined) return
    if (chance.is(0.2)) this.#moods.set(player, chance.pick<Mood>(['forge', 'forge', 'withhold', 'lie', 'flood']))
    const ledger = this.#ledgerOf(player)
    if (ledger.graph.nodes.length === 0) return
    if (chance.is(0.35)) this.#spoil(player, ledger)
    else for (let n = 1 + chance.below(3); n > 0; n--) this.#forge(player, ledger)
  }

  /** A lawful command from any point of the graph by any of them: equivocation, back-dating, ground ids. */
  #forge(player: Player, ledger: Ledger): void {
    const { chance } = this.#world
    const nodes = ledger.graph.nodes
    const tips = Array.from({ length: 1 + chance.below(2) }, () => chance.pick(nodes))
    const on = headsIn(ledger.closure(chance.is(0.3) ? nodes : tips))
    const by = chance.pick(this.#cast)
    for (let tries = 0; tries < 6; tries++) {
      const command = signRandomly(this.#world, ledger, by, on)
      if (command === undefined || ledger.take(command) === undefined) continue
      this.#world.step(player, { kind: 'revive', commands: [command.bytes] })
      this.#push(player, command.bytes)
      return
    }
  }

  /** A command that no honest node may take. */
  #spoil(player: Player, ledger: Ledger): void {
    const { chance, cast } = this.#world
    const on = headsIn(ledger.closure([chance.pick(ledger.graph.nodes)]))
    const wish = { kind: 'AddDeviceKey', body: { bundle: player.bundle(1 + chance.below(9)) } }
    const bytes = spoiled(chance, ledger, { by: player, other: chance.pick(cast), on, wish })
    const copies = this.#moods.get(player) === 'flood' ? 40 : 1
    for (let n = 0; n < copies; n++) this.#push(player, bytes)
  }

  #push(player: Player, command: Uint8Array): void {
    for (const to of this.#world.cast)
      if (to !== player && this.#world.chance.is(0.5)) this.#world.inject(player, to, { t: 'push', command })
  }

  #twist(frame: CborMap, from: Player): CborMap | undefined {
    const { chance } = this.#world
    const mood = this.#moods.get(from)
    if (mood === 'withhold' && frame['t'] === 'commands' && chance.is(0.7)) return undefined
    if (mood !== 'lie' || (frame['t'] !== 'hello' && frame['t'] !== 'done')) return frame
    return { ...frame, heads: [chance.bytes(32)], count: chance.below(1_000) }
  }

  #ledgerOf(player: Player): Ledger {
    const nodes = player.replica?.graph.nodes ?? []
    let known = this.#ledgers.get(player)
    if (known?.life !== player.life) known = { ledger: new Ledger(), life: player.life, seen: 0 }
    this.#ledgers.set(player, known)
    for (const { command } of nodes.slice(known.seen))
      if (!known.ledger.graph.has(command.idHex)) known.ledger.take(commandOf(command.bytes))
    known.seen = nodes.length
    return known.ledger
  }
}

function signRandomly(world: World, ledger: Ledger, by: Player, on: readonly GraphNode[]): Command | undefined {
  const { chance, cast } = world
  const view = ledger.view(on)
  if (!view.members.has(by.hex)) return undefined
  const wish = wishFor(chance, drawKind(chance), view, by, cast)
  if (wish === undefined) return undefined
  const drawn = Array.from({ length: chance.is(0.2) ? 8 : 1 }, (_, time) => ledger.sign(by, on, wish, { time }))
  return drawn.sort((a, b) => (a.idHex < b.idHex ? -1 : 1))[0]
}

/** Bytes of a command with one thing wrong. */
export function spoiled(
  chance: Chance,
  ledger: Ledger,
  parts: { by: Player; other: Player; on: readonly GraphNode[]; wish: Wish },
): Uint8Array {
  const { by, other, on, wish } = parts
  const sign = (change: Partial<Envelope>, wished = wish): Uint8Array => ledger.sign(by, on, wished, change).bytes
  const dropped = Object.fromEntries(Object.entries(wish.body).slice(1))
  const ways: (() => Uint8Array)[] = [
    () => sign({ team: chance.bytes(32) }),
    () => sign({ author: other.device }),
    () => sign({ parents: [chance.bytes(32)] }),
    () => sign({ depth: 1 + chance.below(50) }),
    () => sign({ sequence: chance.below(50) }),
    () => sign({ generation: 1 + chance.below(3) }),
    () => sign({ key: new Uint8Array(32) }),
    () => sign({}, { kind: wish.kind, body: dropped }),
    () => sign({}, { kind: 'FlyAway', body: wish.body }),
    () => sign({}).with(-1, chance.below(256)),
    () => ofNewVersion(sign({}), by),
  ]
  return chance.pick(ways)()
}

function ofNewVersion(bytes: Uint8Array, by: Player): Uint8Array {
  const [unsigned] = decodeCbor(bytes) as [Uint8Array]
  const next = encodeCbor({ ...(decodeCbor(unsigned) as CborMap), v: 2 })
  return encodeCbor([next, by.sign(next, by.key(0))])
}
