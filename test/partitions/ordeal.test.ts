import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { canPartition } from './network.ts'
import { ordeal } from './ordeal.ts'
import { Country } from './place.ts'

/** Seconds of faults; five minutes where the whole is asked for. */
const seconds = process.env['HYRAX_FULL'] === '1' ? 300 : 10
const isAble = existsSync(path.resolve('dist/bin/axd.js')) && canPartition()

describe.skipIf(!isAble)('five daemons that die and lose each other', { timeout: (seconds + 600) * 1000 }, () => {
  let country: Country | undefined
  afterEach(() => country?.end(), 60_000)

  it('fault/R1, I16: no acknowledged command is lost, no device forks itself, and all come to one state', async () => {
    country = new Country('five')
    const survived = await ordeal(country, { seconds, seed: 1 })
    expect(survived).toMatchObject({ lost: 0, forked: 0 })
    expect(survived.kills).toBeGreaterThan(1)
    expect(survived.acknowledged).toBeGreaterThan(0)
  })
})
