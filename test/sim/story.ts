import { parseClaim } from '../../src/team/claim.ts'
import { parseKeyBundle, type Intent } from '../../src/team/index.ts'
import { Chance } from './chance.ts'
import type { Player } from './player.ts'
import { unhealed } from './faults.ts'
import { Villains } from './villain.ts'
import { drawKind, wishFor, type Wish } from './wishes.ts'
import { World } from './world.ts'

const roles = ['owner', 'admin', 'operator', 'user', 'sync-role']

/** How big a world is and how long its life. */
interface Extent {
  readonly nodes: number
  readonly actions: (chance: Chance) => number
  /** Longest pause between two actions, ms. */
  readonly pauseMax: number
  /** Longest pause before the first. */
  readonly startMax: number
  /** From the end of the faults until everybody is up and connected, ms. */
  readonly outageMs: number
  /** Runs on to the end, also where nothing is left to wait for: what goes wrong late is seen here. */
  readonly isPatient: boolean
}

/** So long after the last fault everybody agrees; it is looked at after every slice. */
const healMs = 150_000
const sliceMs = 5_000

/**
 * Most worlds are small, because most of what goes wrong goes wrong among few, and a world costs the square of its nodes;
 * some are as big as they get, and a few last long, with long pauses.
 */
const nodesDrawn = [2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 6, 6, 7, 8, 9]
const pausesDrawn = [100, 500, 1_000, 1_000, 2_000, 6_000]

function drawExtent(drawn: Chance): Extent {
  const size = drawn.unit()
  const actions = 8 + drawn.below(size < 0.75 ? 20 : size < 0.97 ? 70 : 250)
  const pauseMax = drawn.pick(pausesDrawn)
  const outageMs = drawn.pick([100, 5_000, 20_000])
  const parts = { nodes: drawn.pick(nodesDrawn), pauseMax, startMax: 3 * pauseMax, outageMs }
  return { ...parts, actions: () => actions, isPatient: drawn.is(0.125) }
}

function wideExtent(seed: number): Extent {
  const parts = { nodes: 2 + (seed % 8), pauseMax: 6_000, startMax: 20_000, outageMs: 20_000, isPatient: true }
  return { ...parts, actions: (chance) => 10 + chance.below(chance.is(0.1) ? 250 : 80) }
}

/** A random life of a team: commands on all nodes, loss, crashes, partitions, villains; then everything heals. */
export async function liveAndHeal(seed: number, isWide = seed % 25 === 7): Promise<World> {
  const extent = isWide ? wideExtent(seed) : drawExtent(new Chance(seed ^ 0x5eed))
  const world = await World.create({ seed, nodes: extent.nodes, isReal: seed % 10 === 0 })
  const { chance, cast } = world
  world.found(0, 'herd')
  for (const player of cast.slice(1))
    if (chance.is(0.9)) world.author(0, intentOf({ kind: 'AddDevice', body: { bundle: player.bundle(0), commonName: player.name, role: chance.pick(roles) } })) // prettier-ignore
  world.run(chance.between(0, extent.startMax))
  const evil = cast.length > 3 && chance.is(0.5) ? cast.slice(-1 - chance.below(2)) : []
  const villains = evil.length > 0 ? new Villains(world, evil) : undefined
  for (let left = extent.actions(chance); left > 0; left--) {
    if (villains !== undefined && chance.is(0.2)) villains.act()
    else act(world, chance)
    world.run(chance.between(10, extent.pauseMax))
  }
  heal(world, extent)
  return world
}

function act(world: World, chance: Chance): void {
  const draw = chance.unit()
  const player = chance.pick(world.cast)
  if (draw < 0.06) fall(world, player)
  else if (draw < 0.12) world.split(world.cast.map(() => chance.below(2)))
  else if (draw < 0.2) world.split(world.cast.map(() => 0))
  else if (draw < 0.23) world.deaf.add(`${player.index}>${chance.pick(world.cast).index}`)
  else if (draw < 0.24) world.deaf.clear()
  else if (draw < 0.26) player.skew += chance.between(-50_000, 50_000)
  else if (draw < 0.27) player.fullUntil = world.now + chance.between(0, 60_000)
  else {
    // Most random wishes are refused: a few tries keep the graph growing.
    for (let tries = 0; tries < 4; tries++) {
      const author = chance.pick(world.cast)
      const intent = author.isEvil ? undefined : intentFor(world, chance, author)
      if (intent !== undefined && world.author(author.index, intent)) return
    }
  }
}

function fall(world: World, player: Player): void {
  world.crash(player)
  if (world.chance.is(0.15)) world.restore(player)
  else if (world.chance.is(0.1)) world.rot(player)
  world.at(world.chance.between(1, 10_000), () => {
    if (player.replica === undefined) world.start(player)
  })
}

function intentFor(world: World, chance: Chance, player: Player): Intent | undefined {
  const state = player.replica?.state
  if (state === undefined) return undefined
  const wish = wishFor(chance, drawKind(chance), state, player, world.cast)
  if (wish?.kind === 'AddDeviceKey')
    player.sequence = Math.max(player.sequence, state.members.get(player.hex)?.bundle ?? 0) + 1
  const body = wish?.kind === 'AddDeviceKey' ? { bundle: player.bundle(player.sequence) } : wish?.body
  return wish && body && intentOf({ kind: wish.kind, body })
}

/** What a person would have asked for, to get such a command. */
export function intentOf({ kind, body }: Wish): Intent {
  const { commonName, bundle, claim, labels, ...rest } = body
  return {
    kind,
    ...rest,
    ...(commonName === undefined ? {} : { name: commonName }),
    ...(bundle === undefined ? {} : { bundle: parseKeyBundle(bundle as Uint8Array) }),
    ...(claim === undefined ? {} : { claim: parseClaim(claim as Uint8Array) }),
    ...(labels === undefined ? {} : { labels: (labels as [string][]).map(([label]) => label) }),
  } as unknown as Intent
}

/** Faults and villains stop, everybody honest is up, and time passes until nothing is left to wait for. */
function heal(world: World, { outageMs, isPatient }: Extent): void {
  world.isOver = true
  for (const player of world.cast) if (player.isEvil) world.crash(player)
  world.loss = 0
  world.deaf.clear()
  world.duplicates = 0
  world.delayMax = 50
  for (const player of world.cast) player.fullUntil = 0
  world.run(outageMs)
  for (const player of world.cast) if (player.replica === undefined && !player.isEvil) world.start(player)
  world.sides = world.cast.map(() => 0)
  world.reconnect()
  for (let waited = 0; waited < healMs && (isPatient || unhealed(world).length > 0); waited += sliceMs)
    world.run(sliceMs)
}
