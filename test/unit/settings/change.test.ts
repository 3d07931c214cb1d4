import { describe, expect, it } from 'vitest'
import { formatSwarmKey } from '../../../src/codec/index.ts'
import { generateSwarmKey, openKeys, systemRandom } from '../../../src/keys/index.ts'
import {
  isSecretScope,
  listScopes,
  parseSettings,
  planChange,
  printSettings,
  readScope,
  readSettings,
  type SettingsTree,
} from '../../../src/settings/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'

const keys = await openKeys()
const secrets = new Map([['swarm/swarmKey', '<set 00112233445566778899aabbccddeeff>']])
const facts = { keys, secrets }
const empty = parseSettings('', facts)
const peer = '12D3KooWH4duqeY7Pj3or9j7aKnmaxz8WUYtVYnZUbACW21hGvBh'

function set(tree: SettingsTree, scope: string, value: unknown, typed?: string) {
  return planChange(tree, { kind: 'set', scope, value, ...(typed === undefined ? {} : { typed }) }, facts)
}
const unset = (tree: SettingsTree, scope: string) => planChange(tree, { kind: 'unset', scope }, facts)
const get = (tree: SettingsTree, scope: string, defaults = true) => readScope(tree, scope, { defaults, secrets })

describe('set', () => {
  it('replaces what stands at a scope: what the new object does not name has its default again', () => {
    const first = set(empty, 'general/displayName', 'one').tree
    const second = set(first, 'log', { level: 'WARN', appLevel: 'DEBUG' }).tree
    const third = set(second, 'log', { level: 'ERROR' }).tree
    expect(printSettings(third)).toBe('general:\n  displayName: one\nlog:\n  level: ERROR\n')
    expect(get(third, 'log').text).toBe('appLevel: INFO\nlevel: ERROR\n')
  })

  it('names every path that changed, by our own names', () => {
    const { changes } = set(empty, 'com.actyx.os/general/logLevels', { os: 'WARN', apps: 'INFO' })
    expect(changes).toEqual([{ path: 'log/level', before: 'INFO', after: 'WARN' }])
  })

  it('takes the characters as typed where text is wanted', () => {
    for (const [value, typed] of [
      [7, '007'],
      [null, '~'],
      [true, 'true'],
      [1, '1.0'],
    ] as const) {
      expect(readSettings(set(empty, 'general/displayName', value, typed).tree, facts).general.displayName).toBe(typed)
    }
    expectCode('ERR_SETTINGS_INVALID', () => set(empty, 'general/displayName', null, ''))
    expectCode('ERR_SETTINGS_INVALID', () => set(empty, 'swarm/permissioned', 1, '1'))
  })

  it.each([
    ['swarm/bootstrapNodes', ['/ip4/192.0.2.1/tcp/4001'], 'Expected multiaddr with peer id.'],
    ['swarm/announceAddresses', [`/ip4/192.0.2.1/tcp/4001/p2p/${peer}`], 'Expected multiaddr without peer id.'],
    ['swarm/announceAddresses', [''], 'Empty multiaddr.'],
    ['swarm/announceAddresses', ['/ip4/0.0.0.0/tcp/4001'], 'unspecified'],
    ['swarm/exemptSources', ['10.0.0.1/8'], 'canonical range'],
    ['swarm/governingTeam', 'team', 'team'],
    ['general/displayName', 'x'.repeat(65), 'bytes'],
    ['general/displayName', 'a\u202eb', 'printable'],
    ['swarm/swarmKey', '<set 00112233445566778899aabbccddeeff>', 'shown as'],
    ['swarm/swarmKey', '<unset>', 'shown as'],
    ['log/level', 'LOUD', 'One of TRACE'],
    ['.', { general: { displayname: 'x' } }, '/general/displayname: Additional property is not allowed.'],
    ['swarm', { bootstrapNodes: ['a', 'a'] }, 'Items are not unique'],
    ['general', [], 'Type of the value is wrong.'],
  ])('refuses %s = %j and applies nothing', (scope, value, words) => {
    const error = expectCode('ERR_SETTINGS_INVALID', () => set(empty, scope, value))
    expect(error.message).toMatch(/^Validation failed\.\n\tErrors:\n\t\t/)
    expect(error.message).toContain(words)
  })

  it('hands over a new swarm key beside the tree, and shows its fingerprint only', () => {
    const key = generateSwarmKey(systemRandom)
    for (const form of ['file', 'file-base64', 'base64'] as const) {
      const plan = set(empty, 'com.actyx.os/general/swarmKey', formatSwarmKey(key, form))
      expect(plan.swarmKey).toEqual(key)
      expect(JSON.stringify([plan.text, plan.settings, plan.changes, [...plan.tree]])).not.toContain(
        formatSwarmKey(key, 'base64'),
      )
      expect(plan.tree.size).toBe(0)
    }
    expect(isSecretScope('/swarm/swarmKey') && isSecretScope('com.actyx.os/general/swarmKey')).toBe(true)
    expect(isSecretScope('general')).toBe(false)
    expectCode('ERR_SETTINGS_INVALID', () => set(empty, 'swarm/swarmKey', `${'A'.repeat(43)}=`))
    expectCode('ERR_SETTINGS_INVALID_AT_SCOPE', () => unset(empty, 'swarm/swarmKey'))
  })

  it('says what waits for the next start', () => {
    expect(set(empty, 'swarm/announceAddresses', ['/ip4/192.0.2.1/tcp/4001']).notices).toEqual([
      'Takes effect at the next start: swarm/announceAddresses.',
    ])
    expect(set(empty, 'log/level', 'WARN').notices).toEqual([])
  })

  it('keeps what has no meaning here, with one notice', () => {
    const plan = set(empty, 'com.actyx.os/licensing', { os: 'production', apps: { 'com.example.app': 'abc' } })
    expect(plan.notices).toEqual([
      'Kept as given, without effect here: com.actyx.os/licensing/os, com.actyx.os/licensing/apps.',
    ])
    expect(get(plan.tree, 'com.actyx.os/licensing/apps/com.example.app').text).toBe('abc\n')
    const more = set(plan.tree, 'com.actyx.os/licensing/apps/other', 'def').tree
    const less = unset(more, 'com.actyx.os/licensing/apps/com.example.app').tree
    expect(get(less, 'com.actyx.os/licensing/apps').settings).toEqual({ other: 'def' })
    expect(parseSettings(printSettings(less), facts)).toEqual(less)
  })
})

describe('get and unset', () => {
  it('show defaults unless told otherwise', () => {
    expect(get(empty, 'admin').text).toBe(
      'allowRemoteUnauthenticated: false\nauthorizedKeys: []\nrequireAuthentication: false\n',
    )
    expectCode('ERR_SETTINGS_NOT_FOUND_AT_SCOPE', () => get(empty, 'admin', false))
    expectCode('ERR_SETTINGS_NOT_FOUND_AT_SCOPE', () => get(empty, 'swarm/governingTeam'))
    expect(get(empty, 'swarm/swarmKey').text).toBe('<set 00112233445566778899aabbccddeeff>\n')
    expect(readScope(empty, 'swarm/swarmKey', { defaults: true, secrets: new Map() }).text).toBe('<unset>\n')
  })

  it('shows the scopes of our own tree at the root', () => {
    expect(Object.keys(get(empty, '.').settings as object)).toEqual([
      'general',
      'swarm',
      'admin',
      'api',
      'security',
      'log',
    ])
    expect(get(empty, '/').text).toBe(get(empty, '.').text)
    expect(Object.keys(get(empty, 'com.actyx.os').settings as object)).toEqual(['general', 'licensing', 'services'])
  })

  it('brings the default back; what was not set cannot be unset', () => {
    const { tree } = set(empty, 'general/displayName', 'one')
    const plan = unset(tree, 'com.actyx.os/general/displayName')
    expect(plan.tree.size).toBe(0)
    expect(plan.scope).toBe('com.actyx.os/general/displayName')
    expectCode('ERR_SETTINGS_NOT_FOUND_AT_SCOPE', () => unset(empty, 'general/displayName'))
    expect(unset(tree, 'com.actyx.os/general').notices).toEqual(['The swarm key was kept.'])
  })

  it('lists every scope in both shapes', () => {
    const scopes = listScopes().map(({ scope }) => scope)
    expect(scopes).toContain('admin/authorizedKeys')
    expect(scopes).toContain('com.actyx.os/general/logLevels/os')
    expect(new Set(scopes).size).toBe(scopes.length)
  })
})

describe('import', () => {
  const load = (text: string) => planChange(empty, { kind: 'import', text }, facts)

  it('takes our own document, the alias, and what its successors wrote', () => {
    const text = `general: { displayName: one }
com.actyx.os: { general: { requireAuthentication: false } }
com.actyx:
  swarm: { initialPeers: [/ip4/192.0.2.1/tcp/4001/p2p/${peer}], mdns: true }
  admin: { logLevels: { node: WARN } }
`
    const plan = load(text)
    expect(readSettings(plan.tree, facts)).toMatchObject({
      general: { displayName: 'one' },
      swarm: { bootstrapNodes: [`/ip4/192.0.2.1/tcp/4001/p2p/${peer}`] },
      log: { level: 'WARN' },
    })
    expect(plan.notices).toEqual(['Not taken over from com.actyx: swarm/mdns.'])
  })

  it.each([
    ['ERR_SETTINGS_UNKNOWN_SCOPE', 'other: {}'],
    ['ERR_INVALID_INPUT', '[]'],
    ['ERR_INVALID_INPUT', 'a: &x 1'],
    ['ERR_INVALID_INPUT', 'a: *x'],
    ['ERR_INVALID_INPUT', 'a: !!str 1'],
    ['ERR_INVALID_INPUT', 'a: 1\na: 2'],
    ['ERR_INVALID_INPUT', 'a: 1\n---\nb: 1'],
    ['ERR_INVALID_INPUT', '<<: {}'],
    ['ERR_INVALID_INPUT', '__proto__: {}'],
    ['ERR_INVALID_INPUT', 'a: .nan'],
    ['ERR_INVALID_INPUT', '\ufeffa: 1'],
    ['ERR_INVALID_INPUT', '['.repeat(100_000)],
    ['ERR_INVALID_INPUT', 'x'.repeat(300_000)],
    ['ERR_SETTINGS_INVALID', 'general: 1'],
  ] as const)('fails with %s', (code, text) => {
    expectCode(code, () => load(text))
  })
})

describe('settings.yaml', () => {
  it('is refused whole for a mistake, and for a swarm key in it', () => {
    expectCode('ERR_SETTINGS_INVALID', () => parseSettings('general: { displayName: 7 }', facts))
    expectCode('ERR_SETTINGS_INVALID', () => parseSettings('genera: {}', facts))
    const key = formatSwarmKey(generateSwarmKey(systemRandom), 'base64')
    const error = expectCode('ERR_SETTINGS_INVALID', () => parseSettings(`swarm: { swarmKey: "${key}" }`, facts))
    expect(error.message).not.toContain(key)
  })

  it.each(['{', '- a: [', 'a: &x 1', '['.repeat(100_000)])(
    'is refused as invalid settings where it is no YAML',
    (text) => {
      const error = expectCode('ERR_SETTINGS_INVALID', () => parseSettings(text, facts))
      expect(error.exitStatus).toBe(8)
      expect(error.message).toContain('settings.yaml: ')
    },
  )

  it.each(['[hello]', 'hello', '[1]', '{a: 1}', 'null'])(
    'keeps a damaged list as it stands, and it admits nobody: %s',
    (list) => {
      const text = `admin: { authorizedKeys: ${list} }`
      const tree = parseSettings(text, facts)
      const { admin } = readSettings(tree, facts)
      expect(admin.authorizedKeys).toEqual([])
      expect(admin.authorizedKeysDamaged).not.toBeNull()
      const other = set(tree, 'log/level', 'WARN').tree
      expect(readSettings(parseSettings(printSettings(other), facts), facts).admin.authorizedKeysDamaged).not.toBeNull()
      const repaired = set(tree, 'admin/authorizedKeys', []).tree
      expect(readSettings(repaired, facts).admin.authorizedKeysDamaged).toBeNull()
    },
  )
})
