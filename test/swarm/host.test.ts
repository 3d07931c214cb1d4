import { mkdtemp, rm, stat } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../../src/base/index.ts'
import { createHost, type FrameStream, type Host, type HostOptions } from '../../src/host/index.ts'
import { generateIdentity, openKeys, systemRandom, type Keys } from '../../src/keys/index.ts'
import { codeOf, eventually } from '../helpers/swarm-nodes.ts'

let keys: Keys
const hosts: Host[] = []
beforeAll(async () => {
  keys = await openKeys()
})
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()))
})

/** A host as the admin door has it: no swarm key, no identify. */
async function bareHost(options: Partial<HostOptions> = {}): Promise<Host> {
  const identity = generateIdentity(systemRandom)
  const host = await createHost(
    { identity, keys, random: systemRandom, log: silentLog },
    { listen: ['/ip4/127.0.0.1/tcp/0'], ...options },
  )
  hosts.push(host)
  return host
}

async function startedHost(options: Partial<HostOptions> = {}): Promise<Host> {
  const host = await bareHost(options)
  await host.start()
  return host
}

const at = (host: Host): string => host.addresses()[0] ?? ''

describe('listening', () => {
  it('names the address that is in use', async () => {
    const one = await startedHost()
    const two = await bareHost({ listen: [at(one)] })
    await expect(two.start()).rejects.toMatchObject({
      code: 'ERR_PORT_COLLISION',
      data: { address: at(one), what: 'the address is in use' },
    })
  })
  it('names the address that is not here', async () => {
    const host = await bareHost({ listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/192.0.2.7/tcp/4001'] })
    await expect(host.start()).rejects.toMatchObject({
      code: 'ERR_PORT_COLLISION',
      data: { address: '/ip4/192.0.2.7/tcp/4001' },
    })
  })
  it('works on a Unix socket, with the verdict first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hyrax-host-'))
    const path = join(folder, 'axd.sock')
    const listen = `/unix/${encodeURIComponent(path)}`
    const server = await startedHost({ listen: [listen] })
    await server.handle(
      '/t/1',
      async (stream, connection) => {
        await stream.send({ t: 'verdict', source: connection.remoteAddress.startsWith('/unix') })
      },
      { frameBytesMax: 1_024, streamsMax: 2 },
    )
    expect((await stat(path)).isSocket()).toBe(true)
    const client = await startedHost({ listen: [] })
    const connection = await client.dial(listen)
    expect(connection.peer).toBe(server.peer)
    const stream = await connection.open('/t/1', 1_024)
    expect(await stream.read()).toEqual({ t: 'verdict', source: true })
    await server.stop()
    await expect(stat(path)).rejects.toThrow()
    await rm(folder, { recursive: true })
  })
})

describe('streams', () => {
  it('hold the sender back while nobody reads, and lose nothing', async () => {
    const server = await startedHost()
    let go = (): void => undefined
    const mayRead = new Promise<void>((resolve) => {
      go = resolve
    })
    let read = 0
    let done = false
    await server.handle(
      '/t/1',
      async (stream) => {
        await mayRead
        for (let next = await stream.read(); next !== undefined; next = await stream.read())
          expect(next['n']).toBe(read++)
        done = true
      },
      { frameBytesMax: 65_536, streamsMax: 2 },
    )
    const client = await startedHost({ listen: [] })
    const stream = await (await client.dial(at(server))).open('/t/1', 65_536)
    let sent = 0
    const sending = (async () => {
      for (; sent < 640; sent++) await stream.send({ n: sent, pad: new Uint8Array(50_000) })
      await stream.end()
    })()
    await eventually(() => sent > 3, 'a start')
    await new Promise((resolve) => setTimeout(resolve, 300))
    // 640 frames are 32 MB; windows and buffers on the way hold far less.
    expect(sent).toBeLessThan(200)
    go()
    await sending
    await eventually(() => done, 'all read')
    expect(read).toBe(640)
  })
  it('sec/N12 a frame as large as the limit passes a full window', async () => {
    const server = await startedHost()
    await server.handle(
      '/t/1',
      async (stream) => {
        const frame = await stream.read()
        await stream.send({ bytes: (frame?.['pad'] as Uint8Array).length })
      },
      { frameBytesMax: 1_048_576, streamsMax: 2 },
    )
    const client = await startedHost({ listen: [] })
    const stream = await (await client.dial(at(server))).open('/t/1', 1_024)
    const big = await (await client.dial(at(server))).open('/t/1', 1_048_576)
    await big.send({ pad: new Uint8Array(1_048_500) })
    expect(await big.read()).toEqual({ bytes: 1_048_500 })
    stream.abort()
  })
  it('eighty at once right after the dial: those over the limit are told or reset, the connection lives', async () => {
    const server = await startedHost()
    await server.handle(
      '/t/1',
      async (stream) => {
        await stream.send({ ok: true })
        await stream.read()
      },
      { frameBytesMax: 100, streamsMax: 10, busy: { busy: true } },
    )
    const client = await startedHost({ listen: [] })
    const connection = await client.dial(at(server))
    const streams: FrameStream[] = []
    const answers = await Promise.all(
      Array.from({ length: 80 }, async () => {
        try {
          const stream = await connection.open('/t/1', 100)
          streams.push(stream)
          const answer = await stream.read()
          return answer?.['ok'] === true ? 'served' : 'busy'
        } catch {
          return 'reset'
        }
      }),
    )
    expect(answers.filter((answer) => answer === 'served').length).toBe(10)
    expect(answers.filter((answer) => answer === 'busy').length).toBeGreaterThan(0)
    expect(connection.isOpen).toBe(true)
    for (const stream of streams) stream.abort()
    const code = await codeOf(connection.open('/t/2', 100))
    expect(code).toBe('ERR_UNSUPPORTED')
  })
  it('sec/X3 a handler that fails resets its stream and nothing else', async () => {
    const server = await startedHost()
    let calls = 0
    await server.handle(
      '/t/1',
      () => {
        if (calls++ === 0) throw new Error('planted')
      },
      { frameBytesMax: 100, streamsMax: 2 },
    )
    const client = await startedHost({ listen: [] })
    const connection = await client.dial(at(server))
    await expect((await connection.open('/t/1', 100)).read()).rejects.toMatchObject({ code: 'ERR_HOST_STREAM' })
    expect(await (await connection.open('/t/1', 100)).read()).toBeUndefined()
  })
  it('bytes that are no frame end the stream, not the connection', async () => {
    const server = await startedHost()
    const codes: string[] = []
    await server.handle(
      '/t/1',
      async (stream) => {
        codes.push(await codeOf(stream.read()))
      },
      { frameBytesMax: 100, streamsMax: 4 },
    )
    const client = await startedHost({ listen: [] })
    const connection = await client.dial(at(server))
    for (const bytes of [
      new Uint8Array([255, 255, 255, 255, 1]),
      new Uint8Array(8),
      new Uint8Array([0, 0, 0, 2, 0xbf, 0xff]),
    ]) {
      const stream = await connection.openRaw('/t/1')
      stream.send(bytes)
      await new Promise((resolve) => {
        stream.addEventListener('close', resolve)
      })
    }
    expect(codes).toEqual(['ERR_CODEC_FRAME', 'ERR_CODEC_FRAME', 'ERR_CODEC_FRAME'])
    expect(connection.isOpen).toBe(true)
  })
})

describe('sec/N8 sockets that say nothing', () => {
  it('take four slots of their source, and others come in', async () => {
    const server = await startedHost()
    const port = Number(/tcp\/(\d+)/.exec(at(server))?.[1])
    const silent = Array.from({ length: 60 }, () =>
      net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }).on('error', () => undefined),
    )
    await eventually(() => server.pending === 4, 'four pending')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(server.pending).toBe(4)
    for (let index = 0; index < 15; index++) {
      const client = await startedHost({ listen: [] })
      expect((await client.dial(at(server))).peer).toBe(server.peer)
      await client.stop()
    }
    for (const socket of silent) socket.destroy()
    await eventually(() => server.pending === 0, 'slots free again')
  })
})

describe('stopping', () => {
  it('fault/R16 leaves no handle behind', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
    const server = await startedHost()
    await server.handle(
      '/t/1',
      async (stream) => {
        await stream.read()
      },
      { frameBytesMax: 100, streamsMax: 4 },
    )
    const client = await startedHost({ listen: [] })
    await (await client.dial(at(server))).open('/t/1', 100)
    await Promise.all([server.stop(), client.stop()])
    await eventually(
      () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length <= before,
      'sockets closed',
    )
  })
})
