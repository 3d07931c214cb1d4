import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HyraxError } from '../../../src/base/index.ts'
import { generateIdentity, openKeys } from '../../../src/keys/index.ts'
import { parseSettings, printSettings, readSettings } from '../../../src/settings/index.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const keys = await openKeys()
const random = createSeededRandomness(21)
const crew = Array.from({ length: 3 }, () => generateIdentity(random))
const text = `admin:
  authorizedKeys:
  - "${crew[0]?.axKey ?? ''}"
  - comment: press
    from:
    - 10.0.0.0/8
    key: "${crew[1]?.axKey ?? ''}"
  - "${crew[2]?.axKey ?? ''}"
`

describe('sec/A7 fuzz/FZ4 an edited list of authorized keys', () => {
  it('never admits a key that did not stand there; a bad entry makes it admit nobody', () => {
    const noise = fc.constantFrom(
      '\n',
      '\r',
      ' ',
      '-',
      '"',
      "'",
      ':',
      '#',
      '[',
      ']',
      '{',
      '0',
      'A',
      '=',
      '\ufeff',
      '\u0000',
      '٣',
      '&a ',
      '*a',
      'null',
    )
    const edits = fc.array(fc.tuple(fc.nat(text.length), fc.nat(6), noise), { minLength: 1, maxLength: 3 })
    let damaged = 0
    fc.assert(
      fc.property(edits, (list) => {
        const edited = list.reduce(
          (now, [at, remove, insert]) => now.slice(0, at) + insert + now.slice(at + remove),
          text,
        )
        try {
          const tree = parseSettings(edited, { keys })
          const { authorizedKeys, authorizedKeysDamaged } = readSettings(tree, { keys }).admin
          if (authorizedKeysDamaged !== null) damaged += 1
          if (authorizedKeysDamaged !== null) expect(authorizedKeys).toEqual([])
          for (const { peer } of authorizedKeys) expect(crew.map((member) => member.peer)).toContain(peer)
          expect(parseSettings(printSettings(tree), { keys })).toEqual(tree)
        } catch (error) {
          expect(error).toBeInstanceOf(HyraxError)
        }
      }),
      { seed: 9, numRuns: 1_000 },
    )
    expect(damaged).toBeGreaterThan(100)
  })
})
