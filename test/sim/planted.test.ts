import { describe, expect, it } from 'vitest'
import { planted } from '../../src/team/planted.ts'
import { faultOfSeed, hunted, seedsToFind } from './planted.ts'

/** Where to begin, so that the rarest bug is met soon; `bench/run.cjs planted-bugs` counts from many beginnings. */
const first = 10_001
const seedsMax = 60

describe('the simulation finds every planted bug', () => {
  it.each(hunted)(
    '$number: $bug',
    async (one) => {
      expect(await seedsToFind(one, first, seedsMax)).toBeLessThanOrEqual(seedsMax)
      expect(planted.size).toBe(0)
    },
    120_000,
  )

  it('and finds nothing on the same seeds without one', async () => {
    for (let seed = first; seed < first + 20; seed++) expect(await faultOfSeed('life', seed)).toBeUndefined()
    for (let seed = first; seed < first + 3; seed++) expect(await faultOfSeed('world', seed)).toBeUndefined()
  }, 120_000)
})
