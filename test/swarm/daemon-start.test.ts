import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDaemonCast, isBuilt, type Daemon, type DaemonCast } from '../helpers/daemons.ts'
import { isFull } from '../helpers/swarm-nodes.ts'

describe.skipIf(!isBuilt)('the daemon starts and stops', { timeout: 120_000 }, () => {
  let cast: DaemonCast
  beforeEach(() => {
    cast = createDaemonCast()
  })
  afterEach(() => cast.stopAll())

  it('fault/R13: SIGTERM ends it with 0, and what belonged to the run is gone', async () => {
    const node = await cast.start('node')
    expect(readFileSync(node.path('axd.pid'), 'utf8')).toBe(`${String(node.pid)}\n`)
    expect(await node.end()).toEqual({ status: 0, signal: null })
    expect(readdirSync(node.directory)).not.toContain('axd.sock')
    expect(readdirSync(node.directory)).not.toContain('axd.pid')
    const peer = node.peer
    await node.start()
    expect(node.peer).toBe(peer)
  })

  it('fault/R13: SIGTERM at any moment of the start is a clean stop', async () => {
    const node = cast.make('node')
    for (let turn = 0; turn < (isFull ? 40 : 6); turn += 1) {
      const ended = node.launch()
      await new Promise((resolve) => setTimeout(resolve, 60 + turn * (isFull ? 50 : 250)))
      const { status, signal } = await Promise.race([node.end(), ended])
      // Before the program runs, the signal itself ends it; from then on the daemon does.
      expect(status === 0 || (signal === 'SIGTERM' && node.output === ''), node.output).toBe(true)
      expect(existsSync(node.path('axd.sock'))).toBe(false)
    }
    await node.start()
  })

  it('fault/R13: kill -9 leaves pid and socket behind, and the next start takes them over', async () => {
    const node = await cast.start('node')
    const [peer, pid] = [node.peer, node.pid]
    await node.end('SIGKILL')
    expect(existsSync(node.path('axd.sock'))).toBe(true)
    expect(readFileSync(node.path('axd.pid'), 'utf8').trim()).toBe(String(pid))
    await node.start()
    expect((await node.call('nodes.id', {})).peer).toBe(peer)
  })

  it('fault/R13: a second start is refused, names the pid of the first, and disturbs it in nothing', async () => {
    const node = await cast.start('node')
    const second = cast.make('node')
    expect(await second.launch()).toMatchObject({ status: 7 })
    expect(second.output).toContain('[ERR_NODE_LOCKED]')
    expect(second.output).toContain(`(pid ${String(node.pid)})`)
    expect((await node.call('status.get', {})).peer).toBe(node.peer)
    expect(readFileSync(node.path('axd.pid'), 'utf8').trim()).toBe(String(node.pid))
  })

  it('fault/R13: open sessions, silent sockets and peers that are not there hold no stop up', async () => {
    const node = await cast.start('node', { peers: ['/ip4/127.0.0.1/tcp/1', '/ip4/192.0.2.1/tcp/4001'] })
    const admin = await node.connect()
    const watching = admin.stream('watch', {})[Symbol.asyncIterator]().next()
    const over = watching.then(
      ({ done }) => done,
      () => true,
    )
    const ports = [...node.output.matchAll(/^(?:Swarm|Admin): \/ip4\/[\d.]+\/tcp\/(\d+)/gm)].map(([, port]) =>
      Number(port),
    )
    const sockets = ports.flatMap((port) =>
      [1, 2, 3].map(() => net.connect(port, '127.0.0.1').on('error', () => undefined)),
    )
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    expect(sockets).toHaveLength(6)
    expect(await node.end()).toEqual({ status: 0, signal: null })
    expect(await over).toBe(true)
    for (const socket of sockets) socket.destroy()
  }, 20_000)

  it('stops when an operation asks for it, and the answer goes out first', async () => {
    const node = await cast.start('node')
    const ended = node.end('SIGCONT')
    expect(await node.call('nodes.shutdown', {})).toEqual({ done: true })
    expect(await ended).toEqual({ status: 0, signal: null })
  })

  it('a port that is taken is named, and nothing stays behind', async () => {
    const first = await cast.start('first')
    const port = /\/tcp\/(\d+)/.exec(first.address)?.[1] ?? ''
    const node = cast.make('second')
    expect(await node.launch({ options: ['--bind-swarm', `127.0.0.1:${port}`] })).toMatchObject({ status: 7 })
    expect(node.output).toContain('[ERR_PORT_COLLISION]')
    expect(node.output).toContain(port)
    expect(readdirSync(node.directory)).not.toContain('axd.sock')
    expect(readdirSync(node.directory)).not.toContain('axd.pid')
  })

  it.each(['DUMP_SESSION_KEYS'])('sec/X2: does not start with %s, and makes nothing', async (name) => {
    const node = cast.make('node')
    expect(await node.launch({ environment: { [name]: '' } })).toMatchObject({ status: 9 })
    expect(node.output).toContain('[ERR_NODE_DEBUG_KEYS]')
    expect(readdirSync(node.directory)).toEqual([])
  })

  describe('sec/K3: files that are not in order stop the start, each with its code', () => {
    const spoilt: [string, string, number, (node: Daemon) => void][] = [
      [
        'a node key that others can read',
        'ERR_FILES_MODE',
        2,
        (node) => {
          chmodSync(node.path('keys/node.key'), 0o644)
        },
      ],
      [
        'a node key behind a link',
        'ERR_FILES_MODE',
        2,
        (node) => {
          link(node, 'keys/node.key')
        },
      ],
      [
        'a truncated signing key',
        'ERR_KEYS_FILE',
        2,
        (node) => {
          cut(node, 'keys/signing.key')
        },
      ],
      [
        'a swarm key that others can read',
        'ERR_FILES_MODE',
        2,
        (node) => {
          chmodSync(node.path('swarm.key'), 0o644)
        },
      ],
      [
        'a swarm key behind a link',
        'ERR_FILES_MODE',
        2,
        (node) => {
          link(node, 'swarm.key')
        },
      ],
      [
        'a truncated swarm key',
        'ERR_SWARM_KEY_FORMAT',
        2,
        (node) => {
          cut(node, 'swarm.key')
        },
      ],
      [
        'a directory in which others can write',
        'ERR_FILES_MODE',
        2,
        (node) => {
          chmodSync(node.directory, 0o777)
        },
      ],
      [
        'settings with an unknown path',
        'ERR_SETTINGS_INVALID',
        8,
        (node) => {
          writeFileSync(node.path('settings.yaml'), 'nonsense: 1\n')
        },
      ],
      [
        'settings that are no YAML',
        'ERR_SETTINGS_INVALID',
        8,
        (node) => {
          writeFileSync(node.path('settings.yaml'), '{')
        },
      ],
    ]
    function link(node: Daemon, name: string): void {
      renameSync(node.path(name), node.path('moved'))
      symlinkSync(node.path('moved'), node.path(name))
    }
    function cut(node: Daemon, name: string): void {
      writeFileSync(node.path(name), readFileSync(node.path(name)).subarray(0, -15))
    }

    it('one after the other', async () => {
      const model = cast.make('node', '')
      await model.launch({ options: ['init'] })
      for (const [what, code, status, spoil] of spoilt) {
        const node = cast.make('spoilt', '')
        rmSync(node.directory, { recursive: true, force: true })
        cpSync(model.directory, node.directory, { recursive: true })
        spoil(node)
        expect.soft(await node.launch(), what).toMatchObject({ status })
        expect.soft(node.output, what).toContain(`[${code}] Error: `)
        expect.soft(node.output, what).not.toMatch(/^ +at /m)
        expect.soft(existsSync(node.path('axd.sock')), what).toBe(false)
      }
    })
  })
})
