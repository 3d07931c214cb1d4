import { createDevice, formatKeyBundle, parseKeyBundle } from '../../src/team/index.ts'
import { Chance } from '../sim/chance.ts'
import { eventually } from '../helpers/swarm-nodes.ts'
import { logOf } from './acts.ts'
import type { Country, Place } from './place.ts'

/** What came of an ordeal. */
export interface Survived {
  readonly kills: number
  readonly splits: number
  /** Commands that an author was told are accepted. */
  readonly acknowledged: number
  /** Of those, missing on somebody in the end. */
  readonly lost: number
  /** Devices that somebody believes to have forked themselves: a restart must not make one. */
  readonly forked: number
  /** From the last fault to one state on all, ms. */
  readonly agreedMs: number
}

export interface OrdealOptions {
  readonly seconds: number
  readonly seed: number
}

const names = ['a', 'b', 'c', 'd', 'e']
/** A daemon dies this often. */
const killEveryMs = 2_000
/** The network is cut anew, or whole again, every so many deaths. */
const splitEvery = 4
/** Longest wait for one state in the end; the page's sync interval is 60 s at most. */
const agreeMsMax = 180_000

/**
 * Five daemons, each of them writing as fast as it is answered; one of them dies by `kill -9` every two seconds and is
 * started again; the network is cut at random meanwhile. Then the faults stop.
 */
export async function ordeal(country: Country, { seconds, seed }: OrdealOptions): Promise<Survived> {
  const chance = new Chance(seed)
  for (const name of names) await country.settle(name)
  const team = await foundTeam(country.places)
  const acknowledged = new Set<string>()
  const state = { isOver: false, kills: 0, splits: 0 }
  const writers = country.places.map((place) => write(place, team, acknowledged, state))
  const end = Date.now() + seconds * 1000
  const starting = new Map<Place, Promise<unknown>>()
  while (Date.now() < end) {
    if (state.kills % splitEvery === 0) split(country, chance, state)
    // Who is being started is left to come up; on a slow machine that may be all.
    const alive = country.places.filter((place) => !starting.has(place))
    if (alive.length > 0) {
      const victim = chance.pick(alive)
      const others = country.places.filter((one) => one !== victim).map(({ address }) => address)
      state.kills++
      await victim.kill()
      starting.set(
        victim,
        victim.start(others).finally(() => starting.delete(victim)),
      )
    }
    await pause(killEveryMs)
  }
  await Promise.all(starting.values())
  country.network.heal()
  state.isOver = true
  const last = performance.now()
  await Promise.all(writers)
  await eventually(() => isAgreed(country.places, team, acknowledged), 'one state on all five', agreeMsMax).catch(
    () => undefined,
  )
  const agreedMs = Math.round(performance.now() - last)
  const lost = await missingOf(country.places, team, acknowledged)
  const shown = await Promise.all(country.places.map((place) => place.call('teams.show', { team })))
  const forked = new Set(shown.flatMap(({ warnings }) => warnings)).size
  return { kills: state.kills, splits: state.splits, acknowledged: acknowledged.size, lost, forked, agreedMs }
}

/** Two owners and three admins; a device that never runs for each of them to give names to. */
async function foundTeam(places: readonly Place[]): Promise<string> {
  const [first, ...others] = places
  if (first === undefined) throw new Error('nobody to found a team')
  const { team } = await first.call('teams.create', { name: 'herd', deviceName: 'a' })
  for (const [i, place] of others.entries()) {
    const { bundle } = await place.call('devices.keybundle', {})
    await first.call('devices.add', { team, bundle, name: place.name, role: i === 0 ? 'owner' : 'admin' })
    await place.call('teams.add', { team })
  }
  for (const place of places) {
    const read = parseKeyBundle(createDevice({ seed: `${team} ${place.name}` }).bundle)
    if ('code' in read) throw new Error('no bundle')
    const bundle = formatKeyBundle('text', read)
    await first.call('devices.add', { team, bundle, name: `of-${place.name}`, role: 'user' })
    for (const other of places)
      if (other !== place) await place.call('sync.add', { team, address: other.address, rateSeconds: 45 })
  }
  await eventually(() => isAgreed(places, team, new Set()), 'all five have the team', 60_000)
  return team
}

interface Course {
  isOver: boolean
  kills: number
  splits: number
}

/** Gives one device name after name. What is refused or breaks off was not acknowledged. */
async function write(place: Place, team: string, acknowledged: Set<string>, course: Readonly<Course>): Promise<void> {
  for (let n = 0; !course.isOver; n++) {
    try {
      const made = await place.call('names.assign', { team, device: `of-${place.name}`, name: `${place.name}${String(n)}.net` }) // prettier-ignore
      acknowledged.add(made.command)
      await pause(20)
    } catch {
      await pause(100)
    }
  }
}

function split(country: Country, chance: Chance, course: Course): void {
  if (chance.is(0.3)) country.network.heal()
  else {
    const sides = country.places.map(({ name }) => ({ name, side: chance.below(3) }))
    country.network.split([0, 1].map((side) => sides.filter((one) => one.side === side).map(({ name }) => name)))
    course.splits++
  }
}

async function isAgreed(places: readonly Place[], team: string, due: ReadonlySet<string>): Promise<boolean> {
  try {
    const views = await Promise.all(places.map((place) => place.call('teams.show', { team })))
    if (new Set(views.map(({ stateHash, heads }) => `${stateHash} ${[...heads].sort().join()}`)).size !== 1)
      return false
    return (await missingOf(places, team, due)) === 0
  } catch {
    return false
  }
}

async function missingOf(places: readonly Place[], team: string, due: ReadonlySet<string>): Promise<number> {
  const missing = new Set<string>()
  for (const place of places) {
    const kept = new Set((await logOf(place, team)).map(({ command }) => command))
    for (const command of due) if (!kept.has(command)) missing.add(command)
  }
  return missing.size
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
