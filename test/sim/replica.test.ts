import { describe, expect, it } from 'vitest'
import { faultsOf } from './faults.ts'
import { faultOfSeed } from './planted.ts'
import { regressions } from './regressions.ts'
import { liveAndHeal } from './story.ts'

const seeds = Number(process.env['HYRAX_SIM_SEEDS'] ?? '40')
const first = Number(process.env['HYRAX_SIM_FIRST'] ?? '1')

describe('the production replica in a hostile world', () => {
  it(`sec/S2, R1: ${String(seeds)} seeds converge, and nothing acknowledged is lost`, async () => {
    const failed: string[] = []
    for (let seed = first; seed < first + seeds; seed++) {
      const faults = faultsOf(await liveAndHeal(seed))
      if (faults.length > 0) failed.push(`HYRAX_SIM_SEEDS=1 HYRAX_SIM_FIRST=${seed}: ${faults.slice(0, 3).join('; ')}`)
    }
    expect(failed).toEqual([])
  }, 600_000)

  const kept = (['world', 'life'] as const).flatMap((where) => regressions[where].map((one) => ({ where, ...one })))
  it.each(kept)('seed $seed of a $where: $found', async ({ where, seed }) => {
    expect(await faultOfSeed(where, seed)).toBeUndefined()
  })
})
