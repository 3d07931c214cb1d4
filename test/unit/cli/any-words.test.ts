import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HyraxError } from '../../../src/base/index.ts'
import { globalOptions, settleOptions } from '../../../src/cli/global-options.ts'
import { everyLeaf } from '../../../src/cli/help.ts'
import { parseLeaf } from '../../../src/cli/leaf-command.ts'
import { nouns } from '../../../src/cli/nouns.ts'
import { findPath } from '../../../src/cli/path.ts'
import { safeText } from '../../../src/cli/safe-text.ts'

const leaves = await everyLeaf()
const known = [
  ...leaves.flatMap(({ noun, leaf }) => [noun.name, ...leaf.verb.split(' ')]),
  ...[...globalOptions, ...leaves.flatMap(({ leaf }) => leaf.options ?? [])].flatMap(({ flags }) =>
    flags.split(/[ ,]+/),
  ),
]
const words = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...known, '--', '-', '', '--=', '-x', '--no-', '__proto__', '@-') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  ),
  { maxLength: 8 },
)

/** Never anything but a code of ours: what a person mistypes is no bug. */
async function read(argv: readonly string[]): Promise<unknown> {
  try {
    const path = await findPath(nouns, argv)
    if (path.kind !== 'leaf') return undefined
    const parsed = parseLeaf(path.noun, path.leaf, path.rest)
    return parsed.kind === 'run' ? settleOptions(parsed.options, {}) : undefined
  } catch (error) {
    return error
  }
}

describe('any words', () => {
  it('are understood, or refused with a usage code', async () => {
    await fc.assert(
      fc.asyncProperty(words, async (argv) => {
        const result = await read(argv)
        if (!(result instanceof Error)) return
        expect(result).toBeInstanceOf(HyraxError)
        expect((result as HyraxError).code).toBe('ERR_CLI_USAGE')
      }),
      { numRuns: 3_000, seed: 7 },
    )
  })

  it('are printed without a character that a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(safeText(text)).not.toMatch(
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
        )
      }),
      { numRuns: 3_000, seed: 7 },
    )
  })
})
