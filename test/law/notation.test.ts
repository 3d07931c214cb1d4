import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readScenario, readScenarios } from './notation.ts'

const file = readScenarios(readFileSync(new URL('scenarios.txt', import.meta.url), 'utf8'))

describe('the notation of scenarios', () => {
  it('a line is base, sides, and what must be found', () => {
    const line =
      'T06  [A manager, B operator > A acts]  A removes B #1 > O adds B as user | after #1 > B adds U (gen 0)  =>  B user gen 1; #1: void; side 2: recalled DUPLICATE'
    expect(readScenario(line)).toEqual({
      id: 'T06',
      line,
      cast: [
        { name: 'A', role: 'manager' },
        { name: 'B', role: 'operator' },
      ],
      setup: [{ text: 'A acts', author: 'A', verb: 'act', words: {}, unusual: [] }],
      sides: [
        {
          after: [],
          steps: [
            { text: 'A removes B', author: 'A', verb: 'remove', words: { device: 'B' }, unusual: [], mark: '#1' },
            { text: 'O adds B as user', author: 'O', verb: 'add', words: { device: 'B', role: 'user' }, unusual: [] },
          ],
        },
        {
          after: ['#1'],
          steps: [{ text: 'B adds U', author: 'B', verb: 'add', words: { device: 'U' }, unusual: ['gen 0'] }],
        },
      ],
      verdicts: [
        { of: '#1', verdict: 'void' },
        { of: 'side 2', verdict: 'recalled', code: 'DUPLICATE' },
      ],
      facts: ['B user gen 1'],
    })
  })

  it('what is no command, no device and no scenario is not passed over', () => {
    expect(() => readScenario('T01  [A manager]  A jumps  =>  A out')).toThrow('no such command: A jumps')
    expect(() => readScenario('T01  [A]  A acts  =>  A out')).toThrow('not a device and its role: A')
    expect(() => readScenarios('\nT01 [A manager] A acts')).toThrow('line 2: not a scenario')
  })

  it('every row of the catalogue, T01 to T78, and of forks that go on, T79 and T80, has a line, and no line stands twice', () => {
    const ids = [...file.scenarios, ...file.elsewhere].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const rows = Array.from({ length: 80 }, (_, i) => `T${String(i + 1).padStart(2, '0')}`)
    expect(new Set(ids.map((id) => id.slice(0, 3)).filter((id) => id.startsWith('T')))).toEqual(new Set(rows))
  })
})
