import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HyraxError } from '../../../src/base/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { listScopes, parseSettings, planChange, scopeSchema } from '../../../src/settings/index.ts'

const keys = await openKeys()
const facts = { keys, secrets: new Map<string, string>() }
const empty = parseSettings('', facts)
const documents = Number(process.env['HYRAX_FUZZ_RUNS'] ?? 1_000)

/** True where the schema, and not a check behind it, lets the value pass. */
function passesSchema(scope: string, value: unknown): boolean {
  try {
    planChange(empty, { kind: 'set', scope, value }, facts)
    return true
  } catch (error) {
    if (!(error instanceof HyraxError)) throw error
    // The checks' own words; everything else is the schema's.
    return /Format is wrong|entry \d+ of/.test(error.message) || error.code === 'ERR_KEYS_SECRET'
  }
}

const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    true,
    false,
    null,
    0,
    1,
    3_600,
    -1,
    1.5,
    '',
    'x',
    'INFO',
    'WARN',
    'development',
    '10.0.0.0/8',
    {},
    [],
  ),
  fc.array(fc.constantFrom('a', 'b', '', 'c'), { maxLength: 3 }),
  fc
    .record({ key: fc.string({ minLength: 1 }), role: fc.constantFrom('admin', 'reader', 'owner') })
    .map((entry) => [entry]),
  fc.dictionary(fc.constantFrom('a', 'com.example', 'x y', '-'), fc.constantFrom<unknown>('1', 2, {})),
)

/** Documents made of known paths, with a value that often fits, and now and then a member too many. */
function documentOf(root: string): fc.Arbitrary<Record<string, unknown>> {
  const paths = listScopes()
    .map(({ scope }) => scope)
    .filter((scope) => (root === '.' ? !scope.startsWith('com.actyx.os') : scope.startsWith(`${root}/`)))
    .map((scope) => (root === '.' ? scope : scope.slice(root.length + 1)))
  const entry = fc.tuple(fc.constantFrom(...paths, 'general/other', 'other'), leaf)
  return fc.array(entry, { maxLength: 4 }).map((entries) => {
    const document: Record<string, unknown> = {}
    for (const [path, value] of entries) {
      const segments = path.split('/')
      let at = document
      for (const segment of segments.slice(0, -1)) {
        const next = at[segment]
        at = (
          typeof next === 'object' && next !== null && !Array.isArray(next) ? next : (at[segment] = {})
        ) as typeof document
      }
      at[segments.at(-1) ?? ''] = value
    }
    return document
  })
}

describe('the JSON Schema of settings', () => {
  it.each(['.', 'com.actyx.os'])('agrees with what is checked, at %s', (root) => {
    const validate = new Ajv2020({ strict: false }).compile(scopeSchema(root).schema)
    let passed = 0
    fc.assert(
      fc.property(documentOf(root), (document) => {
        const verdict = validate(document)
        passed += verdict ? 1 : 0
        expect(passesSchema(root, document)).toBe(verdict)
      }),
      { seed: 7, numRuns: documents },
    )
    expect(passed).toBeGreaterThan(documents / 20)
  })
})
