import { describe, expect, it } from 'vitest'
import { faultsOf } from './faults.ts'
import { faultOfSeed } from './planted.ts'
import { regressions } from './regressions.ts'
import { liveAndHeal } from './story.ts'

/** `bench/run.cjs simulated-worlds` runs 10,000 over all cores. */
const seeds = Number(process.env['HYRAX_SIM_SEEDS'] ?? (process.env['HYRAX_FULL'] === '1' ? '3000' : '400'))
const first = Number(process.env['HYRAX_SIM_FIRST'] ?? '1')

describe('the production replica in a hostile world', () => {
  it(`sec/S2, R1: ${String(seeds)} seeds converge, and nothing acknowledged is lost`, async () => {
    const failed: string[] = []
    for (let seed = first; seed < first + seeds; seed++) {
      const faults = faultsOf(await liveAndHeal(seed))
      if (faults.length > 0) failed.push(`HYRAX_SIM_SEEDS=1 HYRAX_SIM_FIRST=${seed}: ${faults.slice(0, 3).join('; ')}`)
    }
    expect(failed).toEqual([])
  }, 1_200_000)

  it.each(regressions.world)('seed $seed: $found', async ({ seed, isWide }) => {
    expect(await faultOfSeed('world', seed, isWide)).toBeUndefined()
  })

  it.each(regressions.life)('seed $seed of a life: $found', async ({ seed }) => {
    expect(await faultOfSeed('life', seed)).toBeUndefined()
  })
})
