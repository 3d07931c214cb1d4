import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HyraxError } from '../../../src/base/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import {
  listScopes,
  parseScope,
  parseSettings,
  parseYaml,
  planChange,
  printSettings,
  printYaml,
  readScope,
  scopeSchema,
} from '../../../src/settings/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'

const keys = await openKeys()
const facts = { keys, secrets: new Map<string, string>() }
const empty = parseSettings('', facts)
const seed = { seed: 20_261_121, numRuns: 1_000 }

/** Nothing may reach what every object inherits. */
function expectNoCanary(): void {
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(12)
}

const known = listScopes().map(({ scope }) => scope)
const nasty = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'polluted', '~0', '~1', '-', '01', '0'],
  ...[
    '',
    '.',
    '..',
    ' ',
    '%2e',
    'com.actyx.os',
    'general',
    'admin',
    'licensing',
    'apps',
    'authorizedKeys',
    'a/b',
    'ключ',
  ],
]

describe('a hostile path', () => {
  it.each([
    '__proto__',
    'general/__proto__',
    'general/~0',
    'general/~1',
    'admin/authorizedKeys/-',
    'admin/authorizedKeys/0',
  ])('sec/T1 %s is no scope', (scope) => {
    expectCode('ERR_SETTINGS_UNKNOWN_SCOPE', () => parseScope(scope))
  })

  it.each(['com.actyx.os/licensing/apps/__proto__', 'com.actyx.os/licensing/apps/01', 'com.actyx.os/licensing/apps/-'])(
    'sec/T1 %s is no name in an open map',
    (scope) => {
      expectCode('ERR_SETTINGS_UNKNOWN_SCOPE', () => parseScope(scope))
    },
  )

  it.each(['general//displayName', 'general/', '//', '', 'com.actyx.os//general'])(
    '"%s" contains empty parts',
    (scope) => {
      expect(expectCode('ERR_SETTINGS_UNKNOWN_SCOPE', () => parseScope(scope)).message).toContain(
        'contains empty parts',
      )
    },
  )

  it('fuzz/FZ5 never reaches a prototype, whatever path and value; what was set is what is read', () => {
    const path = fc.oneof(
      fc.constantFrom(...known),
      fc.array(fc.oneof(fc.constantFrom(...nasty), fc.string()), { maxLength: 4 }).map((parts) => parts.join('/')),
      fc.tuple(fc.constantFrom(...known), fc.constantFrom(...nasty)).map(([scope, more]) => `${scope}/${more}`),
    )
    const value = fc.oneof(
      fc.json().map((text) => JSON.parse(text) as unknown),
      fc.constantFrom(true, 'INFO', 'x', 5, []),
    )
    fc.assert(
      fc.property(path, value, (scope, given) => {
        try {
          const plan = planChange(empty, { kind: 'set', scope, value: given }, facts)
          const again = parseSettings(printSettings(plan.tree), facts)
          expect(again).toEqual(plan.tree)
          if (plan.tree.size > 0) readScope(plan.tree, scope, { defaults: false, secrets: new Map() })
        } catch (error) {
          expect(error).toBeInstanceOf(HyraxError)
          expect((error as HyraxError).code).toMatch(/^ERR_SETTINGS_/)
        }
        expectNoCanary()
      }),
      seed,
    )
  })

  it('fuzz/FZ5 no YAML text does either', () => {
    const piece = fc.constantFrom(
      ...nasty,
      ': ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '\n',
      '  ',
      '- ',
      '&a',
      '*a',
      '!!',
      '"',
      "'",
      '|',
      '>',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }), (pieces) => {
        try {
          const value = parseYaml(pieces.join(''), 'The value')
          expect(parseYaml(printYaml(value), 'Again')).toEqual(value)
        } catch (error) {
          expect(error).toBeInstanceOf(HyraxError)
        }
        expectNoCanary()
      }),
      seed,
    )
  })

  it('gives every listed scope a schema', () => {
    for (const scope of known) expect(scopeSchema(scope).schema).toHaveProperty('$schema')
  })
})
