import { parseClaim } from '../../src/team/claim.ts'
import { parseKeyBundle, type Intent } from '../../src/team/index.ts'
import type { Chance } from './chance.ts'
import type { Player } from './player.ts'
import { Villains } from './villain.ts'
import { drawKind, wishFor, type Wish } from './wishes.ts'
import { World } from './world.ts'

const roles = ['owner', 'admin', 'operator', 'user', 'sync-role']

/** A random life of a team: commands on all nodes, loss, crashes, partitions, villains; then everything heals. */
export async function liveAndHeal(seed: number): Promise<World> {
  const world = await World.create({ seed, nodes: 2 + (seed % 8), isReal: seed % 10 === 0 })
  const { chance, cast } = world
  world.found(0, 'herd')
  for (const player of cast.slice(1))
    if (chance.is(0.9)) world.author(0, intentOf({ kind: 'AddDevice', body: { bundle: player.bundle(0), commonName: player.name, role: chance.pick(roles) } })) // prettier-ignore
  world.run(chance.between(0, 20_000))
  const evil = cast.length > 3 && chance.is(0.5) ? cast.slice(-1 - chance.below(2)) : []
  const villains = evil.length > 0 ? new Villains(world, evil) : undefined
  const actions = 10 + chance.below(chance.is(0.1) ? 250 : 80)
  for (let i = 0; i < actions; i++) {
    if (villains !== undefined && chance.is(0.2)) villains.act()
    else act(world, chance)
    world.run(chance.between(10, 6_000))
  }
  heal(world)
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

/** Faults and villains stop, everybody honest is up, and time passes. */
function heal(world: World): void {
  world.isOver = true
  for (const player of world.cast) if (player.isEvil) world.crash(player)
  world.loss = 0
  world.deaf.clear()
  world.duplicates = 0
  world.delayMax = 50
  for (const player of world.cast) player.fullUntil = 0
  world.run(20_000)
  for (const player of world.cast) if (player.replica === undefined && !player.isEvil) world.start(player)
  world.sides = world.cast.map(() => 0)
  world.reconnect()
  world.run(150_000)
}
