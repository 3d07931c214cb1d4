import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readScenarios } from '../law/notation.ts'
import { Cast } from './cast.ts'
import { whyNotDrivable } from './drivable.ts'
import { canPartition } from './network.ts'
import { play } from './play.ts'

/** All that daemons can play where it is asked for; else one of each sort. */
const few = ['T01', 'T18', 'T44']
const asked = process.env['HYRAX_PARTITIONS'] ?? (process.env['HYRAX_FULL'] === '1' ? 'all' : undefined)
const file = new URL('../law/scenarios.txt', import.meta.url)
const { scenarios } = readScenarios(readFileSync(file, 'utf8'))
const drivable = scenarios.filter((scenario) => whyNotDrivable(scenario) === undefined)
const wanted = drivable.filter(({ id }) => (asked === undefined ? few.includes(id) : asked === 'all' || asked.split(',').includes(id))) // prettier-ignore
const isAble = existsSync(path.resolve('dist/bin/axd.js')) && canPartition()

describe.skipIf(!isAble)('the catalogue on real processes, split and healed', { timeout: 300_000 }, () => {
  let cast: Cast
  beforeAll(() => {
    cast = new Cast('law')
  })
  afterAll(() => cast.end(), 60_000)

  it.each(wanted)('$id', async (scenario) => {
    const { faults } = await play(scenario, cast.country, await cast.lease(scenario))
    expect(faults).toEqual([])
  })
})
