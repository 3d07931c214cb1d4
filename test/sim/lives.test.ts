import { describe, expect, it } from 'vitest'
import { faultOfSeed } from './planted.ts'
import { shapeFault, shapesFrom } from './shapes.ts'

const seeds = Number(process.env['HYRAX_LIFE_SEEDS'] ?? (process.env['HYRAX_FULL'] === '1' ? '1000' : '60'))
const first = Number(process.env['HYRAX_SIM_FIRST'] ?? '1')
/** `7:0-5000`: of the shapes of 7 commands these; a number alone: all shapes of so many. */
const asked = process.env['HYRAX_SHAPES']
const whole = process.env['HYRAX_FULL'] === '1' ? [1, 2, 3, 4, 5, 6] : [1, 2, 3, 4]
const ranges = asked === undefined ? whole.map((commands) => ({ commands, from: 0, to: Infinity })) : [read(asked)]

describe('the production engine, the reference and the naive oracle', () => {
  it(`I1, I2: agree on ${String(seeds)} random lives, whatever the order of arrival, after every command`, async () => {
    const failed: string[] = []
    for (let seed = first; seed < first + seeds; seed++) {
      const fault = await faultOfSeed('life', seed)
      if (fault !== undefined) failed.push(`HYRAX_LIFE_SEEDS=1 HYRAX_SIM_FIRST=${seed}: ${fault}`)
    }
    expect(failed).toEqual([])
  }, 600_000)

  it.each(ranges)(
    'agree on every shape of a graph of $commands commands',
    ({ commands, from, to }) => {
      const failed: string[] = []
      let looked = 0
      for (const [number, shape] of shapesFrom(commands, from, to)) {
        const fault = shapeFault(commands, number, shape)
        if (fault !== undefined) failed.push(fault)
        looked++
      }
      expect(failed).toEqual([])
      expect(looked).toBeGreaterThan(0)
    },
    7_200_000,
  )
})

function read(range: string): { commands: number; from: number; to: number } {
  const [commands = '', from = '0', to = 'Infinity'] = range.split(/[:-]/)
  return { commands: Number(commands), from: Number(from), to: Number(to) }
}
