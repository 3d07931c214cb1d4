import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/codec/index.ts'
import { stateHash } from '../../src/team/index.ts'
import { Reference } from '../../src/team/reference.ts'
import { arrive } from './arrivals.ts'
import { Chance } from '../sim/chance.ts'
import { build, type BuiltScenario, type BuildOptions } from './builder.ts'
import { faultsOf } from './facts.ts'
import type { Found, Judge } from './found.ts'
import { engine, incremental, oracle, reference } from './judges.ts'
import { readScenarios, type Scenario } from './notation.ts'

const { scenarios } = readScenarios(readFileSync(new URL('scenarios.txt', import.meta.url), 'utf8'))
/** What a line does 500 times is done so often where that is asked for, and by those who are quick enough. */
const many = process.env['HYRAX_FULL'] !== '1' ? 50 : 500

const judges: readonly (Judge & { readonly timesMax: number })[] = [
  { ...engine, timesMax: many },
  { ...incremental, timesMax: many },
  { ...reference, timesMax: 5 },
  { ...oracle, timesMax: 5 },
]

/** As written; backwards; at random, with every command twice. */
function deliveries({ commands, again }: BuiltScenario): Uint8Array[][] {
  const written = [...commands.map(({ bytes }) => bytes), ...again]
  const chance = new Chance(commands.length)
  const shuffled = (all: readonly Uint8Array[]): Uint8Array[] =>
    all.map((bytes) => ({ bytes, at: chance.unit() })).sort((a, b) => a.at - b.at).map(({ bytes }) => bytes) // prettier-ignore
  return [written, written.toReversed(), shuffled([...written, ...written])]
}

async function judgeAll(judge: Judge, scenario: Scenario, options: BuildOptions = {}): Promise<string[]> {
  const built = build(scenario, options)
  const foundOf = async (id: string): Promise<Found> => {
    const other = scenarios.find((one) => one.id === id)
    if (other === undefined) throw new Error(`no scenario ${id}`)
    return judge.judge(build(other, options).commands.map(({ bytes }) => bytes))
  }
  const states = new Set<string>()
  for (const delivery of deliveries(built)) {
    const found = await judge.judge(delivery)
    states.add(found.state)
    const faults = await faultsOf({ built, found, judge, foundOf })
    if (faults.length > 0) return faults
  }
  return states.size === 1 ? [] : ['the state depends on the order of arrival']
}

describe.each(judges)('the catalogue on the $name', { timeout: 120_000 }, (judge) => {
  it.each(scenarios)('$id', async (scenario) => {
    expect(await judgeAll(judge, scenario, { timesMax: judge.timesMax })).toEqual([])
  })
})

describe('the catalogue, whatever else there is', { timeout: 120_000 }, () => {
  it.each(scenarios)('T65: $id under clocks that are ten years wrong, and with other ids', async (scenario) => {
    const tenYears = 315_360_000_000
    for (const seed of ['one', 'two', 'three']) {
      const clock = (author: string, n: number): number =>
        1_700_000_000_000 + (author.length % 2 === 0 ? tenYears : -tenYears) * Math.cos(n + seed.length)
      const options = { seed, timesMax: 5, clock: (author: string, n: number) => Math.trunc(clock(author, n)) }
      expect(await judgeAll(incremental, scenario, options)).toEqual([])
    }
  })

  it.each(scenarios)(
    'I2: $id: after every prefix of a delivery the engine has the state of the reference',
    (scenario) => {
      const built = build(scenario, { timesMax: 5 })
      for (const delivery of deliveries(built)) {
        const { set } = arrive(delivery, undefined)
        const slow = new Reference()
        for (const node of set.graph.nodes) expect(slow.take(node)).toBeUndefined()
        arrive(delivery, undefined, (arrivals) => {
          expect(arrivals.stateHash).toBe(toHex(stateHash(slow.resolve(arrivals.taken).state)))
        })
      }
    },
  )
})
