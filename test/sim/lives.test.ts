import { describe, expect, it } from 'vitest'
import { lifeFault } from './life-faults.ts'
import { drawLife } from './lives.ts'
import { Chance } from './chance.ts'
import { fill, shapes } from './shapes.ts'

const seeds = Number(process.env['HYRAX_LIFE_SEEDS'] ?? '60')
const first = Number(process.env['HYRAX_SIM_FIRST'] ?? '1')
const shapeCommands = Number(process.env['HYRAX_SHAPE_COMMANDS'] ?? '4')

describe('the production engine and the naive oracle', () => {
  it(`I1, I2: agree on ${String(seeds)} random lives, whatever the order of arrival`, () => {
    const failed: string[] = []
    for (let seed = first; seed < first + seeds; seed++) {
      const fault = lifeFault(drawLife(seed).ledger, new Chance(seed))
      if (fault !== undefined) failed.push(`HYRAX_LIFE_SEEDS=1 HYRAX_SIM_FIRST=${seed}: ${fault}`)
    }
    expect(failed).toEqual([])
  }, 300_000)

  it(`agree on every shape of a graph up to ${String(shapeCommands)} commands`, () => {
    const failed: string[] = []
    let seed = first
    for (let commands = 1; commands <= shapeCommands; commands++)
      for (const shape of shapes(commands)) {
        const fault = lifeFault(fill(shape, ++seed).ledger, new Chance(seed))
        if (fault !== undefined) failed.push(`seed ${seed} of ${JSON.stringify(shape)}: ${fault}`)
      }
    expect(failed).toEqual([])
  }, 300_000)
})
