import { describe, expect, it } from 'vitest'
import { openKeys } from '../../../src/keys/index.ts'
import { parseSettings, parseYaml, planChange, printSettings, readScope } from '../../../src/settings/index.ts'

const keys = await openKeys()
const facts = { keys, secrets: new Map([['swarm/swarmKey', '<set 00112233445566778899aabbccddeeff>']]) }
const key = '0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I='
const scope = 'com.actyx.os/general/authorizedKeys'

/** `ax settings set SCOPE VALUE`, VALUE as a shell hands it over. */
function set(text: string, value: string) {
  return planChange(
    parseSettings(text, facts),
    { kind: 'set', scope, value: parseYaml(value, 'The value'), typed: value },
    facts,
  )
}

describe("the seed's settings lines", () => {
  it('prints the object with defaults as the seed does, though the shell ate the quotes', () => {
    const plan = set('', `[${key}]`)
    expect(plan.scope).toBe(scope)
    expect(plan.text).toBe(`announceAddresses: []
authorizedKeys:
- ${key}
bootstrapNodes: []
displayName: Default Node
logLevels:
  apps: INFO
  os: INFO
requireAuthentication: false
swarmKey: <set 00112233445566778899aabbccddeeff>
`)
  })

  it('takes the value with its quotes as well', () => {
    expect(set('', `["${key}"]`).tree).toEqual(set('', `[${key}]`).tree)
  })

  it('keeps only what was set', () => {
    expect(printSettings(set('', `[${key}]`).tree)).toBe(`admin:\n  authorizedKeys:\n  - ${key}\n`)
  })

  it('shows our own scopes at the root, and the alias where it is named', () => {
    const { tree } = set('', `[${key}]`)
    const options = { defaults: false, secrets: new Map() }
    expect(readScope(tree, '.', options).text).toBe(`admin:\n  authorizedKeys:\n  - ${key}\n`)
    expect(readScope(tree, 'com.actyx.os', options).text).toBe(`general:\n  authorizedKeys:\n  - ${key}\n`)
    expect(readScope(tree, '/admin/authorizedKeys', options).text).toBe(`- ${key}\n`)
  })

  it('requires authentication by the alias', () => {
    const tree = parseSettings('', facts)
    const plan = planChange(
      tree,
      { kind: 'set', scope: 'com.actyx.os/general/requireAuthentication', value: true },
      facts,
    )
    expect(plan.changes).toEqual([{ path: 'admin/requireAuthentication', before: false, after: true }])
  })

  it('refuses what a shell made of [...] in a directory with a file named 0', () => {
    expect(() => set('', '0')).toThrow(
      expect.objectContaining({
        code: 'ERR_SETTINGS_INVALID_AT_SCOPE',
        hint: expect.stringContaining('your shell may have expanded [...]') as string,
      }),
    )
  })

  it('counts the entries it saw where a comma is missing', () => {
    expect(() => set('', `[${key} ${key}]`)).toThrow(/entry 0 of 1/)
  })
})
