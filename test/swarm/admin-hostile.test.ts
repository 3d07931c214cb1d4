import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { adminProtocol, createAdminDoors } from '../../src/admin/index.ts'
import { prepareSocket } from '../../src/admin/unix-socket.ts'
import { silentLog } from '../../src/base/index.ts'
import { dialAdmin } from '../../src/client/index.ts'
import { multiaddrText, type CborMap, type CborValue, type TcpAddress } from '../../src/codec/index.ts'
import { createHost, type FrameStream, type HostConnection } from '../../src/host/index.ts'
import { generateIdentity, openKeys, systemRandom } from '../../src/keys/index.ts'
import { listed, openRules, startAdminNode, type AdminNode } from '../helpers/admin-node.ts'
import { createSeededRandomness } from '../helpers/seeded-randomness.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of running.splice(0)) await thing.stop()
})

async function start(rules: Parameters<typeof startAdminNode>[0] = {}): Promise<AdminNode> {
  const node = await startAdminNode(rules)
  running.push(node)
  return node
}

/** A client that says on the stream what it likes. */
async function connect(node: AdminNode): Promise<HostConnection> {
  const identity = generateIdentity(systemRandom)
  const keys = await openKeys()
  const host = await createHost({ identity, keys, random: systemRandom, log: silentLog }, { listen: [] })
  await host.start()
  running.unshift(host)
  return host.dial(`${multiaddrText(node.tcp)}/p2p/${node.identity.peer}`)
}

const words: readonly CborValue[] = [
  ...['request', 'verdict', 'end', 'input', 'nodes.id', 'settings.get', '__proto__', 'constructor', 'no.such', ''],
  ...[null, true, 0, -1, [], {}, { scope: '.' }, { scope: 7 }, { __proto__x: 1 }, new Uint8Array(3)],
]

function anyFrame(random: ReturnType<typeof createSeededRandomness>): CborMap {
  const names = ['t', 'op', 'input', 'x', 'role', 'more']
  const frame: Record<string, CborValue> = {}
  for (let at = random.below(5); at > 0; at--) frame[random.pick(names)] = random.pick(words)
  // Half of them nearly right: a request whose operation and input are any word.
  return random.below(2) === 0 ? { t: 'request', op: random.pick(words), input: random.pick(words) } : frame
}

/** Everything the node says until it ends. */
async function readAll(stream: FrameStream): Promise<CborMap[]> {
  const frames: CborMap[] = []
  for (;;) {
    const frame = await stream.read().catch(() => undefined)
    if (frame === undefined) return frames
    frames.push(frame)
  }
}

describe('fuzz/FZ3 admin frames', () => {
  it('of a refused key never reach a handler, and get one answer', async () => {
    const random = createSeededRandomness(3)
    const node = await start({ requireAuthentication: true, authorizedKeys: [listed(generateIdentity(systemRandom))] })
    const connection = await connect(node)
    for (let at = 0; at < 5; at++) {
      const stream = await connection.open(adminProtocol, 65_536)
      const sent = Array.from({ length: 20 }, () => stream.send(anyFrame(random)).catch(() => undefined))
      expect(await readAll(stream)).toEqual([{ t: 'verdict', ok: false, code: 'ERR_UNAUTHORIZED' }])
      await Promise.all(sent)
      stream.abort()
    }
    expect(node.handled).toEqual([])
    expect(node.refused).toHaveLength(1)
  })

  it('of a granted key get a code for everything that is no request, and the node lives', async () => {
    const random = createSeededRandomness(4)
    const node = await start()
    const connection = await connect(node)
    const codes = new Set<string>()
    for (let at = 0; at < 300; at++) {
      const stream = await connection.open(adminProtocol, 65_536)
      await stream.send(anyFrame(random)).catch(() => undefined)
      await stream.end().catch(() => undefined)
      const [verdict, answer] = await readAll(stream)
      expect(verdict).toMatchObject({ t: 'verdict', ok: true, role: 'admin' })
      expect(['response', 'error']).toContain(answer?.['t'])
      if (answer?.['t'] === 'error') codes.add(answer['code'] as string)
    }
    expect([...codes].sort()).toEqual(['ERR_INVALID_INPUT', 'ERR_UNSUPPORTED'])
    for (const { name } of node.handled) expect(['nodes.id', 'settings.get']).toContain(name)
  })

  it('sec/A6 a flood of tiny frames behind a request is not read, and hinders nobody', async () => {
    const node = await start()
    const flood = await (await connect(node)).open(adminProtocol, 65_536)
    node.answer = (_, __, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({})))
    await flood.send({ t: 'request', op: 'nodes.id', input: {} })
    await expect.poll(() => node.handled.length).toBe(1)
    void (async () => {
      for (let at = 0; at < 100_000; at++) await flood.send({ t: 'input', data: at })
    })().catch(() => undefined)
    const other = await dialAdmin(node.tcp, { identity: generateIdentity(systemRandom) }, { timeoutMs: 10_000 })
    node.answer = () => ({ fine: true })
    for (let at = 0; at < 20; at++) expect(await other.call('nodes.id', {})).toEqual({ fine: true })
    await other.close()
    flood.abort()
    expect(node.handled).toHaveLength(21)
  })

  it('sec/A6 a caller that never reads holds its own stream only', async () => {
    const node = await start()
    let produced = 0
    node.items = async function* ({ signal }) {
      for (; !signal.aborted; produced++) yield { text: 'x'.repeat(60_000) }
    }
    const greedy = await (await connect(node)).open(adminProtocol, 1_048_576)
    await greedy.send({ t: 'request', op: 'watch', input: {} })
    await expect.poll(() => produced).toBeGreaterThan(3)
    const other = await dialAdmin(node.tcp, { identity: generateIdentity(systemRandom) }, { timeoutMs: 10_000 })
    for (let at = 0; at < 20; at++) await other.call('nodes.id', {})
    // Bounded by the muxer's windows and the write buffer: a few MiB, however long it does not read.
    expect(produced * 60_000).toBeLessThan(8 * 1_048_576)
    await other.close()
    greedy.abort()
    await expect.poll(() => node.handled[0]?.context.signal.aborted).toBe(true)
  })
})

describe('silent sockets', () => {
  it('sec/N8 from one source do not keep an honest caller out', async () => {
    const node = await start()
    const { host, port } = node.tcp as TcpAddress
    const open = (): Socket => connectTcp({ host, port, localAddress: '127.0.0.2' }).on('error', () => undefined)
    const silent = Array.from({ length: 100 }, open)
    const again = setInterval(() => silent.push(open()), 5)
    let answers = 0
    for (let at = 0; at < 15; at++) {
      const admin = await dialAdmin(node.tcp, { identity: generateIdentity(systemRandom) }, { timeoutMs: 10_000 })
      await admin.call('nodes.id', {})
      await admin.close()
      answers += 1
    }
    clearInterval(again)
    for (const socket of silent) socket.destroy()
    expect(answers).toBe(15)
  })
})

describe('addresses that cannot be had', () => {
  async function doorsAt(listen: string[], http: { host: string; port: number }[]) {
    return createAdminDoors(
      {
        identity: generateIdentity(systemRandom),
        keys: await openKeys(),
        random: systemRandom,
        log: silentLog,
        clock: { now: () => 0 },
        agent: 'hyrax/0.0.0',
        rules: () => openRules,
        dispatch: {
          call: async () => ({}),
          stream: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: 0 }) }) }),
        },
      },
      { listen, http },
    )
  }

  it('are named: port 4458 and HTTP', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    running.push({ stop: () => new Promise((resolve) => void server.close(() => resolve())) })
    const { port } = server.address() as { port: number }
    const admin = await doorsAt([`/ip4/127.0.0.1/tcp/${String(port)}`], [])
    await expect(admin.start()).rejects.toMatchObject({
      code: 'ERR_PORT_COLLISION',
      data: { address: `/ip4/127.0.0.1/tcp/${String(port)}` },
    })
    await admin.stop()
    const http = await doorsAt(['/ip4/127.0.0.1/tcp/0'], [{ host: '127.0.0.1', port }])
    await expect(http.start()).rejects.toMatchObject({
      code: 'ERR_PORT_COLLISION',
      data: { address: `http://127.0.0.1:${String(port)}` },
    })
  })

  it('sec/T6 fault/R13 a socket that a killed process left is taken over', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'hyrax-stale-'))
    running.push({ stop: () => rm(directory, { recursive: true, force: true }) })
    const socketPath = path.join(directory, 'axd.sock')
    const script = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => console.log('up'))`
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    await expect(prepareSocket(socketPath)).rejects.toMatchObject({ code: 'ERR_PORT_COLLISION' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await prepareSocket(socketPath)
    const server = createServer()
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve))
    await new Promise((resolve) => server.close(resolve))
  })
})
