import { toHex } from '../../src/codec/index.ts'
import type { Intent } from '../../src/team/index.ts'
import type { Chance } from './chance.ts'
import { World, type Player } from './world.ts'

const roles = ['owner', 'admin', 'operator', 'user', 'sync-role']

/** A random life of a team: commands on all nodes, loss, crashes, partitions; then everything heals. */
export async function liveAndHeal(seed: number): Promise<World> {
  const world = await World.create({ seed, nodes: 2 + (seed % 6), isReal: seed % 10 === 0 })
  const { chance } = world
  world.found(0, 'herd')
  for (const { index, bundle } of world.cast.slice(1))
    world.author(0, { kind: 'AddDevice', bundle, name: `node-${index}`, role: chance.pick(roles) })
  world.run(chance.between(0, 20_000))
  const actions = 10 + chance.below(80)
  for (let i = 0; i < actions; i++) {
    act(world, chance)
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
  else {
    // Most random wishes are refused: a few tries keep the graph growing.
    for (let tries = 0; tries < 4; tries++) {
      const author = chance.pick(world.cast)
      if (world.author(author.index, intent(world, chance, author))) return
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

function intent(world: World, chance: Chance, player: Player): Intent {
  const other = chance.is(0.8) ? chance.pick(world.cast) : player
  const isMember = player.replica?.state.members.has(other.deviceHex) === true
  const draw = chance.unit()
  if (!isMember || draw < 0.1)
    return { kind: 'AddDevice', bundle: other.bundle, name: `node-${other.index}`, role: chance.pick(roles) }
  if (draw < 0.3) return { kind: 'RemoveDevice', device: other.device }
  if (draw < 0.32 && chance.is(0.1)) return { kind: 'CloseTeam' }
  const held = player.replica?.state.members.get(other.deviceHex)?.role ?? 'user'
  if (draw < 0.5) return { kind: 'RevokeRole', device: other.device, role: held }
  return { kind: 'AssignRole', device: other.device, role: chance.pick(roles) }
}

/** Faults stop, everybody is up, and time passes. */
function heal(world: World): void {
  world.loss = 0
  world.deaf.clear()
  world.duplicates = 0
  world.delayMax = 50
  world.run(20_000)
  for (const player of world.cast) if (player.replica === undefined) world.start(player)
  world.sides = world.cast.map(() => 0)
  world.reconnect()
  world.run(300_000)
}

/** What must hold after healing; a line for each thing that does not. */
export function faultsOf(world: World): string[] {
  const faults = [...world.violations]
  const members = world.cast.filter(({ replica, deviceHex }) => replica?.state.members.has(deviceHex) === true)
  const [truth] = members.sort((a, b) => sizeOf(b) - sizeOf(a))
  if (truth?.replica === undefined) return [...faults, 'nobody is a member']
  const { state } = truth.replica
  const expected = toHex(truth.replica.stateHash())
  for (const player of world.cast) {
    const { replica, deviceHex, index } = player
    if (replica === undefined) faults.push(`node ${index} is down`)
    else if (!world.hasRestored && replica.graph.forked().length > 0)
      faults.push(`node ${index} sees a fork of an honest device`)
    else if ((members.includes(player) || state.members.has(deviceHex)) && toHex(replica.stateHash()) !== expected)
      faults.push(`node ${index} has another state: ${sizeOf(player)} of ${sizeOf(truth)} commands`)
  }
  for (const id of world.acknowledged)
    if (!world.cast.some(({ replica }) => replica?.graph.has(id))) faults.push(`acknowledged and lost: ${id}`)
  const owners = [...state.members.values()].filter(({ role }) => role === 'owner')
  if (state.open && owners.length === 0) faults.push('an open team without an owner')
  return faults
}

function sizeOf({ replica }: Player): number {
  return replica?.graph.nodes.length ?? 0
}
