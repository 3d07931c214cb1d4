import { planted, type PlantedBug } from '../../src/team/planted.ts'
import { Chance } from './chance.ts'
import { faultsOf } from './faults.ts'
import { lifeFault } from './life-faults.ts'
import { drawLife } from './lives.ts'
import { liveAndHeal } from './story.ts'

/** A planted bug, by its number in `TEAM.md` 12, and which simulation looks for it. */
export interface Hunted {
  readonly number: number
  readonly bug: PlantedBug
  /** `world`: nodes, disks and a network. `life`: the engine alone, on graphs that partitions and hostile members leave. */
  readonly where: 'world' | 'life'
}

export const hunted: readonly Hunted[] = [
  { number: 1, bug: 'acknowledge-before-flush', where: 'world' },
  { number: 2, bug: 'order-by-timestamp', where: 'life' },
  { number: 3, bug: 'skip-parent-check', where: 'world' },
  { number: 4, bug: 'heads-unsorted', where: 'world' },
  { number: 5, bug: 'recalled-applied', where: 'life' },
  { number: 6, bug: 'dependents-of-void-kept', where: 'life' },
  { number: 7, bug: 'self-reducers-hit', where: 'life' },
  { number: 8, bug: 'no-fork-rule', where: 'life' },
  { number: 9, bug: 'forker-discredits', where: 'life' },
  { number: 10, bug: 'generation-ignored', where: 'life' },
  { number: 11, bug: 'stale-checkpoint', where: 'life' },
  { number: 12, bug: 'leaves-unconfirmed', where: 'world' },
]

/** What one seed of the simulation finds wrong with the build as it is; a throw is a find, too. */
export async function faultOfSeed(where: Hunted['where'], seed: number, isWide?: boolean): Promise<string | undefined> {
  try {
    if (where === 'world') return faultsOf(await liveAndHeal(seed, isWide))[0]
    return lifeFault(drawLife(seed).ledger, new Chance(seed))
  } catch (error) {
    return `threw ${String(error)}`
  }
}

/** How many seeds it takes, from one on, until the simulation finds a planted bug; undefined where so many do not. */
export async function seedsToFind({ bug, where }: Hunted, first: number, most: number): Promise<number | undefined> {
  planted.add(bug)
  try {
    for (let n = 1; n <= most; n++) if ((await faultOfSeed(where, first + n - 1)) !== undefined) return n
    return undefined
  } finally {
    planted.delete(bug)
  }
}
