import { mkdirSync, mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configPaths } from '../../../src/cli/config-paths.ts'
import { settleOptions } from '../../../src/cli/global-options.ts'
import { chooseNode } from '../../../src/cli/node-choice.ts'
import { expectCode } from '../../helpers/expect-code.ts'

const home = mkdtempSync(join(tmpdir(), 'hyrax-choice-'))

function choose(
  positional: string | undefined,
  options: Record<string, unknown> = {},
  environment: Record<string, string> = {},
) {
  const settled = settleOptions(options, environment)
  return chooseNode(positional, settled, { HOME: home, ...environment })
}

describe('which node', () => {
  it('is the argument before the option before the environment', () => {
    expect(choose('a:1', { node: 'b:1' }, { AX_NODE: 'c:1' })).toMatchObject({ address: { host: 'a', port: 1 } })
    expect(choose(undefined, { node: 'b:1' }, { AX_NODE: 'c:1' })).toMatchObject({ address: { host: 'b' } })
    expect(choose(undefined, {}, { AX_NODE: 'c:1' })).toMatchObject({ address: { host: 'c' } })
  })

  it('is the local socket if there is one, else the admin port of this machine', async () => {
    expect(choose(undefined)).toMatchObject({ kind: 'admin', address: { kind: 'tcp', host: '127.0.0.1', port: 4458 } })
    const directory = join(home, '.local/state/hyrax/node')
    mkdirSync(directory, { recursive: true })
    const server = createServer().listen(join(directory, 'axd.sock'))
    await new Promise((resolve) => server.once('listening', resolve))
    expect(choose(undefined)).toMatchObject({ address: { kind: 'unix', path: join(directory, 'axd.sock') } })
    server.close()
  })

  it.each([
    ['localhost', { kind: 'http', host: 'localhost' }],
    ['10.0.0.1', { kind: 'http', host: '10.0.0.1' }],
    ['::1', { kind: 'http', host: '::1' }],
    ['[::1]', { kind: 'http', host: '::1' }],
    ['localhost:4458', { kind: 'admin' }],
    ['[::1]:4458', { kind: 'admin' }],
    ['/dns4/localhost/tcp/4458', { kind: 'admin' }],
  ])('--local %s', (node, expected) => {
    expect(choose(node, { local: true })).toMatchObject(expected)
    expect(choose(node)).toMatchObject({ kind: 'admin' })
  })

  it('--local takes a host, not a URL', () => {
    expectCode('ERR_INVALID_INPUT', () => choose('http://localhost:4457', { local: true }))
  })

  it.each(['', '/ip4/0.0.0.0/tcp/1', '/ip4/1.2.3.4/udp/1', '/ip4/1.2.3.4/tcp/0', 'a b', '/p2p-circuit'])(
    'is refused: %j',
    (node) => {
      expectCode('ERR_INVALID_INPUT', () => choose(node))
    },
  )
})

describe('which config directory', () => {
  it.each([
    [{ AX_CONFIG_DIR: '/a', XDG_CONFIG_HOME: '/b', HOME: '/c' }, '/a'],
    [{ XDG_CONFIG_HOME: '/b', HOME: '/c' }, '/b/hyrax'],
    [{ XDG_CONFIG_HOME: 'relative', HOME: '/c' }, '/c/.config/hyrax'],
    [{ AX_CONFIG_DIR: '', HOME: '/c' }, '/c/.config/hyrax'],
  ])('%j: %s', (environment, directory) => {
    expect(configPaths(environment)).toEqual({
      directory,
      keys: `${directory}/keys`,
      knownNodes: `${directory}/known_nodes`,
    })
  })
})
