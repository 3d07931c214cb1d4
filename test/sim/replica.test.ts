import { describe, expect, it } from 'vitest'
import { faultsOf } from './faults.ts'
import { liveAndHeal } from './story.ts'

const seeds = Number(process.env['HYRAX_SIM_SEEDS'] ?? '60')
const first = Number(process.env['HYRAX_SIM_FIRST'] ?? '1')

describe('the production replica in a hostile world', () => {
  it(`sec/S2, R1: ${String(seeds)} seeds converge, and nothing acknowledged is lost`, async () => {
    const failed: string[] = []
    for (let seed = first; seed < first + seeds; seed++) {
      const faults = faultsOf(await liveAndHeal(seed))
      if (faults.length > 0) failed.push(`seed ${seed}: ${faults.slice(0, 3).join('; ')}`)
    }
    expect(failed).toEqual([])
  }, 600_000)
})
