import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { bindAddresses, readOptions } from '../../../src/node/options.ts'
import { expectCode } from '../../helpers/expect-code.ts'

const refused = (words: string[], environment = {}) =>
  expectCode('ERR_CLI_USAGE', () => readOptions(words, environment)).message

describe('where to listen', () => {
  it.each([
    ['127.0.0.1:4001', ['/ip4/127.0.0.1/tcp/4001']],
    ['[::1]:4001', ['/ip6/::1/tcp/4001']],
    ['/ip4/192.0.2.7/tcp/1', ['/ip4/192.0.2.7/tcp/1']],
    ['/ip4/0.0.0.0/tcp/0', ['/ip4/0.0.0.0/tcp/0']],
    ['/ip6/::/tcp/4001', ['/ip6/::/tcp/4001']],
  ])('%s', (text, addresses) => {
    expect(bindAddresses(text, '--bind-swarm')).toEqual(addresses)
  })

  it('a bare port means every IPv4 address, and every IPv6 address where the kernel has it', () => {
    expect(bindAddresses('4001', '--bind-swarm').slice(0, 1)).toEqual(['/ip4/0.0.0.0/tcp/4001'])
    expect(bindAddresses('4001', '--bind-swarm').slice(1)).toEqual(
      bindAddresses('4001', '--bind-swarm').length === 1 ? [] : ['/ip6/::/tcp/4001'],
    )
  })

  it.each([
    'nonsense',
    '65536',
    '1.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:99999',
    'localhost:1',
    '300.1.1.1:1',
    '::1:4001',
    '',
    '/nonsense',
    '/ip4/127.0.0.1/udp/1',
    '/unix/x',
    '/dns4/a.example/tcp/1',
    '/ip4/1.2.3.4/tcp/1/ws',
    `/ip4/1.2.3.4/tcp/1/p2p/12D3KooWH4duqeY7Pj3or9j7aKnmaxz8WUYtVYnZUbACW21hGvBh`,
  ])('refuses %j', (text) => {
    expectCode('ERR_CLI_USAGE', () => bindAddresses(text, '--bind-admin'))
  })

  it('each may be repeated', () => {
    const { bindSwarm, bindAdmin } = readOptions(
      ['--bind-swarm', '127.0.0.1:1', '--bind-swarm', '[::1]:2', '--bind-admin', '127.0.0.1:3'],
      {},
    )
    expect(bindSwarm).toEqual(['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/2'])
    expect(bindAdmin).toEqual(['/ip4/127.0.0.1/tcp/3'])
  })
})

describe('the HTTP API', () => {
  it.each([
    ['off', []],
    ['127.0.0.1:4457', [{ host: '127.0.0.1', port: 4457 }]],
    ['localhost:4457', [{ host: '127.0.0.1', port: 4457 }]],
    ['[::1]:4457', [{ host: '::1', port: 4457 }]],
    ['0', [{ host: '127.0.0.1', port: 0 }]],
  ])('--bind-api %s', (text, addresses) => {
    expect(readOptions(['--bind-api', text], {}).bindApi).toEqual(addresses)
  })

  it.each(['0.0.0.0:4457', '192.0.2.1:4457', '[::]:4457', 'example.org:4457', '127.evil.example:1'])(
    'never listens on %s',
    (text) => {
      refused(['--bind-api', text])
    },
  )

  it('a bare port is loopback alone', () => {
    for (const { host } of readOptions(['--bind-api', '4457'], {}).bindApi) expect(['127.0.0.1', '::1']).toContain(host)
  })
})

describe('data directory and socket', () => {
  it.each([
    [[], { HOME: '/home/a' }, '/home/a/.local/state/hyrax/node'],
    [[], { HOME: '/home/a', XDG_STATE_HOME: '/s' }, '/s/hyrax/node'],
    [[], { STATE_DIRECTORY: '/var/lib/hyrax', XDG_STATE_HOME: '/s' }, '/var/lib/hyrax'],
    [[], { AX_DATA_DIR: '/d', STATE_DIRECTORY: '/var/lib/hyrax' }, '/d'],
    [[], { AX_DATA_DIR: '', HOME: '/home/a' }, '/home/a/.local/state/hyrax/node'],
    [['--data-dir', '/e'], { AX_DATA_DIR: '/d' }, '/e'],
  ])('%j with %j is in %s', (words, environment, directory) => {
    expect(readOptions(words, environment).dataDirectory).toBe(directory)
  })

  it('an empty --data-dir is not the working directory', () => {
    expect(refused(['--data-dir', ''])).toContain('--data-dir')
  })

  it.each([
    [['--data-dir', '/d'], { RUNTIME_DIRECTORY: '/run/hyrax' }, '/d/axd.sock'],
    [[], { AX_DATA_DIR: '/d', RUNTIME_DIRECTORY: '/run/hyrax' }, '/d/axd.sock'],
    [[], { RUNTIME_DIRECTORY: '/run/hyrax', XDG_RUNTIME_DIR: '/run/user/1' }, '/run/hyrax/axd.sock'],
    [[], { XDG_RUNTIME_DIR: '/run/user/1' }, '/run/user/1/hyrax/axd.sock'],
    [[], { HOME: '/home/a' }, '/home/a/.local/state/hyrax/node/axd.sock'],
    [['--socket', '/x.sock', '--data-dir', '/d'], {}, '/x.sock'],
  ])('%j with %j has its socket at %s', (words, environment, socket) => {
    expect(readOptions(words, environment).socketPath).toBe(socket)
  })

  it('a socket path beyond 107 bytes is refused with a hint, and bytes are counted, not characters', () => {
    expect(readOptions(['--socket', `/${'a'.repeat(106)}`], {}).socketPath).toHaveLength(107)
    expect(refused(['--socket', `/${'a'.repeat(107)}`])).toContain('107')
    refused(['--socket', `/${'ä'.repeat(54)}`])
    refused(['--data-dir', `/${'a'.repeat(107)}`])
  })
})

describe('files and the environment', () => {
  it('systemd credentials are used where they exist, after the options', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'hyrax-credentials-'))
    try {
      expect(readOptions([], { CREDENTIALS_DIRECTORY: directory }).swarmKeyFile).toBeUndefined()
      writeFileSync(path.join(directory, 'swarm-key'), '')
      writeFileSync(path.join(directory, 'passphrase'), '')
      const options = readOptions([], { CREDENTIALS_DIRECTORY: directory })
      expect(options.swarmKeyFile).toBe(path.join(directory, 'swarm-key'))
      expect(options.passphraseFile).toBe(path.join(directory, 'passphrase'))
      const words = ['--swarm-key-file', '/k', '--passphrase-file', '/p']
      expect(readOptions(words, { CREDENTIALS_DIRECTORY: directory })).toMatchObject({
        swarmKeyFile: '/k',
        passphraseFile: '/p',
      })
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('level and format of the log come from options before the environment', () => {
    const environment = { AX_LOG_LEVEL: 'DEBUG', AX_LOG_FORMAT: 'json', AX_PASSPHRASE_FILE: '/p' }
    expect(readOptions([], environment)).toMatchObject({ logLevel: 'DEBUG', logFormat: 'json', passphraseFile: '/p' })
    const words = ['--log-level', 'warn', '--log-format', 'text']
    expect(readOptions(words, environment)).toMatchObject({ logLevel: 'warn', logFormat: 'text' })
  })
})

describe('words', () => {
  it.each([
    [[], 'run'],
    [['run'], 'run'],
    [['init'], 'init'],
    [['check'], 'check'],
    [['version'], 'version'],
    [['--version'], 'version'],
    [['-h'], 'help'],
    [['init', '--help'], 'help'],
  ])('%j is %s', (words, command) => {
    expect(readOptions(words, {}).command).toBe(command)
  })

  it.each([
    [['dance']],
    [['run', 'away']],
    [['--no-such-option']],
    [['--socket']],
    [['--permissioned=yes']],
    [['--log-format', 'xml']],
    [['--peer', '/nonsense']],
    [['--peer', '/ip4/127.0.0.1/tcp/0']],
    [['--peer', '/ip4/127.0.0.1/tcp/1/p2p/xyz']],
    [['--peer', '/unix/x']],
    [['--peer', 'localhost:4001']],
    [['--log-level', 'LOUD']],
    [['--log-level', '']],
    [['--peer', '/ip4/192.0.2.1/udp/4001']],
    [['--join', 'line']],
    [['run', '--authorize', 'key']],
    // A secret in argv has no option.
    [['--passphrase', 'x']],
    [['--swarm-key', 'x']],
  ])('refuses %j', (words) => {
    refused(words)
  })

  it('nothing is permissioned, published or authorized unless said', () => {
    expect(readOptions([], {})).toMatchObject({
      permissioned: false,
      allowPublishedSwarmKey: false,
      authorize: [],
      peers: [],
    })
    const [one, two] = ['/ip4/192.0.2.1/tcp/1', '/dns4/b.example/tcp/2']
    const words = [
      'init',
      '--permissioned',
      '--allow-published-swarm-key',
      '--peer',
      one,
      '--peer',
      two,
      '--authorize',
      'k',
    ]
    expect(readOptions(words, {})).toMatchObject({
      permissioned: true,
      allowPublishedSwarmKey: true,
      authorize: ['k'],
      peers: [one, two],
    })
  })
})
