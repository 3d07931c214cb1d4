import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isBuilt, Stage, type Ran } from './stage.ts'

/** The daemon as a process: what it makes, what it refuses to start on, and that it says so in one line with a code. */
const quiet = '--bind-swarm 127.0.0.1:0 --bind-admin 127.0.0.1:0 --bind-api off'

describe.skipIf(!isBuilt)('axd', { timeout: 60_000 }, () => {
  let stage: Stage
  beforeEach(() => {
    stage = new Stage()
  })
  afterEach(() => stage.close())

  const inside = (...names: string[]) => path.join(stage.directory, ...names)
  const start = (options: string, before = '') =>
    stage.run(`${before} timeout 30 axd --data-dir node ${quiet} ${options}`)

  /** Refused with this code and status, in words, with no stack trace. */
  function expectRefusal(run: Ran, code: string, status: number): void {
    expect(run.stderr).toContain(`[${code}] Error: `)
    expect(run.stderr).not.toMatch(/^ +at /m)
    expect(run.status).toBe(status)
  }

  it('says which it is, and how it is used', async () => {
    expect((await stage.run('axd version')).stdout).toMatch(/^axd \d+\.\d+\.\d+\n$/)
    const help = await stage.run('axd --help')
    expect(help.stdout).toContain('--swarm-key-file')
    expect(help.status).toBe(0)
  })

  it('makes what is missing in an empty directory, says so, and stops when asked to', async () => {
    const run = await stage.run(`timeout --preserve-status -s TERM 3 axd --data-dir node ${quiet}`)
    expect(run.stderr).toContain('Made a new swarm key: ')
    expect(run.stderr).toMatch(/^PeerId: 12D3KooW\w+$/m)
    expect(run.stderr).toMatch(/^Swarm key fingerprint: [0-9a-f]{32}$/m)
    expect(run.stderr).toMatch(/^Authentication: not required/m)
    expect(run.stderr).toMatch(/^Permissioned: no$/m)
    expect(run.status).toBe(0)
    expect(existsSync(inside('node', 'axd.sock'))).toBe(false)
  })

  it('init makes a node that starts, and leaves one alone that is there', async () => {
    const first = await stage.run('axd init --data-dir node')
    expect(first.stdout).toMatch(/^PeerId: 12D3KooW/m)
    expect(first.status).toBe(0)
    expectRefusal(await stage.run('axd init --data-dir node'), 'ERR_NODE_INITIALIZED', 7)
  })

  it('check reads everything and opens nothing', async () => {
    await stage.run('axd init --data-dir node')
    const run = await stage.run('axd check --data-dir node')
    expect(run.status, run.stderr).toBe(0)
    expect(existsSync(inside('node', 'axd.sock'))).toBe(false)
  })

  it.each(['', '--log-format json --log-level TRACE'])(
    'lives on, idle, when nobody reads its log any more %s',
    async (options) => {
      const start = `timeout --preserve-status -s TERM -k 5 4 axd --data-dir node ${quiet} ${options}`
      const run = await stage.run(`${start} 2>&1 | head -1; echo $PIPESTATUS`)
      expect(run.stdout).toMatch(/^Made a new node key.*\n0\n$/)
    },
  )

  it('holds its directory: a second one names the first', async () => {
    await stage.startNode('node', '')
    const second = await start('')
    expectRefusal(second, 'ERR_NODE_LOCKED', 7)
    expect(second.stderr).toMatch(/pid \d+/)
  })

  it('starts again after kill -9, over the socket that was left behind', async () => {
    await stage.run(`timeout -s KILL 3 axd --data-dir node ${quiet}; true`)
    expect(existsSync(inside('node', 'axd.sock'))).toBe(true)
    const [[, admin] = []] = await stage.startNode('node', '')
    expect(admin).toMatch(/tcp\/\d+$/)
  })

  it('does not start where the Noise library would log private keys', async () => {
    expectRefusal(await start('', 'DUMP_SESSION_KEYS=1'), 'ERR_NODE_DEBUG_KEYS', 9)
    expect(existsSync(inside('node'))).toBe(false)
  })

  it('refuses a swarm key that everybody has, unless told that this is a test', async () => {
    writeFileSync(inside('key'), `/key/swarm/psk/1.0.0/\n/base16/\n${'00'.repeat(32)}\n`, { mode: 0o600 })
    expectRefusal(await start('--swarm-key-file key'), 'ERR_SWARM_KEY_PUBLIC', 2)
    const allowed = await stage.startNode('other', '--swarm-key-file key --allow-published-swarm-key')
    expect(allowed).not.toEqual([])
  })

  it.each([
    ['that others can read', 'ERR_FILES_MODE', () => chmodSync(inside('key'), 0o644)],
    [
      'that is truncated',
      'ERR_SWARM_KEY_FORMAT',
      () => writeFileSync(inside('key'), '/key/swarm/psk/1.0.0/\n/base16/\nab'),
    ],
    ['that is no key', 'ERR_SWARM_KEY_FORMAT', () => writeFileSync(inside('key'), 'hello\n')],
    ['that is much too long', 'ERR_FILES_SIZE', () => writeFileSync(inside('key'), 'a'.repeat(100_000))],
  ])('refuses a swarm key file %s', async (_, code, spoil) => {
    await stage.run('ax swarms keygen -o key')
    spoil()
    expectRefusal(await start('--swarm-key-file key'), code, 2)
  })

  it('refuses a swarm key behind a symbolic link', async () => {
    await stage.run('ax swarms keygen -o key')
    symlinkSync('key', inside('link'))
    const run = await start('--swarm-key-file link')
    expect(run.stderr).toMatch(/^\[ERR_\w+\] Error: /m)
    expect(run.status).not.toBe(0)
  })

  it('refuses a swarm key file that is not there', async () => {
    expectRefusal(await start('--swarm-key-file nowhere'), 'ERR_PATH_INVALID', 3)
  })

  it('refuses settings that are not valid, and changes nothing', async () => {
    await stage.run('axd init --data-dir node')
    writeFileSync(inside('node', 'settings.yaml'), 'admin:\n  requireAuthentication: perhaps\n', { mode: 0o600 })
    expectRefusal(await start(''), 'ERR_SETTINGS_INVALID', 8)
    expect(readFileSync(inside('node', 'settings.yaml'), 'utf8')).toContain('perhaps')
  })

  it('refuses a node key that was tampered with', async () => {
    await stage.run('axd init --data-dir node')
    const [name = ''] = readdirSync(inside('node', 'keys')).filter((file) => file.startsWith('node'))
    const file = inside('node', 'keys', name)
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20))
    const run = await start('')
    expect(run.stderr).toMatch(/^\[ERR_KEYS_\w+\] Error: /m)
    expect(run.status).not.toBe(0)
  })

  it('names the address that it cannot listen on', async () => {
    const server = net.createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const run = await stage.run(
      `timeout 30 axd --data-dir node --bind-swarm 127.0.0.1:0 --bind-admin 127.0.0.1:${String(port)} --bind-api off`,
    )
    server.close()
    expectRefusal(run, 'ERR_PORT_COLLISION', 7)
    expect(run.stderr).toContain(String(port))
  })

  it.each(['--bind-swarm nonsense', '--bind-api 192.0.2.1:4457', '--no-such-option', 'dance', '--log-format xml'])(
    'refuses %s',
    async (words) => {
      expectRefusal(await stage.run(`timeout 30 axd --data-dir node ${words}`), 'ERR_CLI_USAGE', 2)
    },
  )

  it('refuses a socket path that the kernel would cut', async () => {
    expectRefusal(await start(`--socket /tmp/${'a'.repeat(120)}`), 'ERR_CLI_USAGE', 2)
  })

  it('keeps secrets out of its log, at every level', async () => {
    await stage.run(`timeout -s TERM 3 axd --data-dir node ${quiet} --log-level DEBUG > log 2>&1; true`)
    const key = /[0-9a-f]{64}/.exec(readFileSync(inside('node', 'swarm.key'), 'utf8'))?.[0]
    expect(key).toBeDefined()
    expect(readFileSync(inside('log'), 'utf8')).not.toContain(key)
  })
})
