import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Chance } from '../sim/chance.ts'
import { build, type BuiltScenario, type BuildOptions } from './builder.ts'
import { faultsOf } from './facts.ts'
import type { Found, Judge } from './found.ts'
import { engine, oracle, reference } from './judges.ts'
import { readScenarios, type Scenario } from './notation.ts'

const { scenarios } = readScenarios(readFileSync(new URL('scenarios.txt', import.meta.url), 'utf8'))
/** The slow ones get a hundredth of what is done many times. */
const judges: readonly (Judge & { readonly timesMax: number })[] = [
  { ...engine, timesMax: 500 },
  { ...reference, timesMax: 20 },
  { ...oracle, timesMax: 5 },
]

/** As written; backwards; two ways at random: the last with every command twice. */
function deliveries({ commands, again }: BuiltScenario): Uint8Array[][] {
  const written = [...commands.map(({ bytes }) => bytes), ...again]
  const chance = new Chance(commands.length)
  const shuffled = (all: readonly Uint8Array[]): Uint8Array[] =>
    all.map((bytes) => ({ bytes, at: chance.unit() })).sort((a, b) => a.at - b.at).map(({ bytes }) => bytes) // prettier-ignore
  return [written, written.toReversed(), shuffled(written), shuffled([...written, ...written])]
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

describe.each(judges)('the catalogue on the $name', (judge) => {
  it.each(scenarios)('$id', async (scenario) => {
    expect(await judgeAll(judge, scenario, { timesMax: judge.timesMax })).toEqual([])
  })
})
