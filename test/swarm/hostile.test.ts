import net from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/keys/index.ts'
import { createSplitter } from '../helpers/splitter.ts'
import {
  createSwarmCast,
  eventually,
  isFull,
  welcomedPeers,
  type SwarmCast,
  type SwarmNode,
} from '../helpers/swarm-nodes.ts'

let cast: SwarmCast
beforeAll(async () => {
  cast = await createSwarmCast()
})
afterEach(() => cast.stopAll())

const portOf = (node: SwarmNode): number => Number(/tcp\/(\d+)/.exec(node.address())?.[1])
const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe('sec/N11 connections that send 24 bytes and leave', () => {
  it('leave nothing behind: no slot, no socket, no timer, and an honest peer comes in', async () => {
    const one = await cast.node({ isExemptSource: () => true })
    const [socketsBefore, timersBefore] = [sockets(), timers()]
    const count = isFull ? 6_000 : 1_500
    for (let batch = 0; batch < count / 50; batch++)
      await Promise.all(
        Array.from(
          { length: 50 },
          () =>
            new Promise<void>((resolve) => {
              const socket = net.connect(portOf(one), '127.0.0.1', () => socket.end(systemRandom.bytes(24)))
              socket
                .on('error', () => undefined)
                .on('close', () => {
                  resolve()
                })
                .resume()
            }),
        ),
      )
    await eventually(() => one.swarm.host.pending === 0, 'no slot taken')
    await eventually(() => sockets() <= socketsBefore, 'no socket left')
    await eventually(() => timers() <= timersBefore + 2, 'no timer left')
    const honest = await cast.node()
    expect(await honest.swarm.connect(one.address())).toBe(one.peer)
  })
})

describe('sec/N8 silent sockets at the swarm port', () => {
  it('do not keep an honest peer out', async () => {
    const one = await cast.node()
    const silent: net.Socket[] = []
    const flood = setInterval(() => {
      for (let index = 0; index < 10; index++)
        silent.push(
          net.connect({ port: portOf(one), host: '127.0.0.1', localAddress: '127.0.0.2' }).on('error', () => undefined),
        )
    }, 50)
    let succeeded = 0
    for (let index = 0; index < 15; index++) {
      const honest = await cast.node()
      if ((await honest.swarm.connect(one.address()).catch(() => '')) === one.peer) succeeded++
      await honest.swarm.stop()
    }
    clearInterval(flood)
    for (const socket of silent) socket.destroy()
    expect(succeeded).toBe(15)
    expect(one.swarm.host.pending).toBeLessThanOrEqual(5)
  })
})

describe('sec/N7 refused nodes that keep trying', () => {
  it('are tried at the long end by us, and do not keep others out', async () => {
    const one = await cast.node({ gate: { permissioned: true } })
    const refused = await Promise.all(
      Array.from({ length: isFull ? 50 : 6 }, () =>
        cast.node({ bootstrap: [one.address()], localAddress: '127.0.0.3' }),
      ),
    )
    await eventually(() => refused.every(({ swarm }) => swarm.failures().length > 0), 'all refused')
    const honest = await cast.node()
    one.gate.update({ allowed: { state: 'read', peers: new Set([honest.peer]) } })
    expect(await honest.swarm.connect(one.address())).toBe(one.peer)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    for (const node of refused)
      expect(node.swarm.failures().filter(({ code }) => code === 'ERR_SWARM_CLOSED_BEFORE_HELLO')).toMatchObject([
        { count: 1 },
      ])
    expect(welcomedPeers(one)).toEqual([honest.peer])
  })
})

describe('sec/N12 a peer that opens all it can and never reads', () => {
  it('costs a bounded amount, and others are served', async () => {
    const one = await cast.node()
    let sent = 0
    await one.swarm.handle(
      '/t/echo/1',
      async (stream) => {
        for (let next = await stream.read(); next !== undefined; next = await stream.read()) {
          await stream.send({ pad: new Uint8Array(60_000) })
          sent += 60_000
        }
      },
      { maxStreams: 16, frameBytesMax: 65_536 },
    )
    const greedy = await cast.node()
    await greedy.swarm.connect(one.address())
    const streams = await Promise.all(
      Array.from({ length: 16 }, () => greedy.swarm.open(one.peer, '/t/echo/1', 65_536)),
    )
    const asking = streams.map(async (stream) => {
      for (let n = 0; n < 2_000; n++) await stream.send({ n })
    })
    const honest = await Promise.all([1, 2, 3, 4].map(() => cast.node()))
    for (const node of honest) {
      await node.swarm.connect(one.address())
      const stream = await node.swarm.open(one.peer, '/t/echo/1', 65_536)
      await stream.send({ n: 1 })
      expect(await stream.read()).toBeDefined()
      stream.abort()
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
    // 16 streams x 2,000 answers would be 1.9 GB; each stream holds its window and one frame.
    expect(sent).toBeLessThan(40_000_000)
    await greedy.swarm.stop()
    await Promise.allSettled(asking)
  })
})

describe('fault/R8 a peer that does not answer pings', () => {
  it('is cut after three, not after one', async () => {
    const one = await cast.node({ pingMs: 100 })
    const deaf = await cast.node({ pingMs: 60_000 })
    const line = await createSplitter(one.address(), 65_536)
    await deaf.swarm.connect(line.address)
    await eventually(() => (one.swarm.peers()[0]?.latency ?? 0) > 0, 'one ping')
    line.freeze()
    await eventually(() => one.swarm.failures().some(({ code }) => code === 'ERR_SWARM_SILENT'), 'three strikes')
    expect(one.swarm.failures()).toMatchObject([{ code: 'ERR_SWARM_SILENT', data: { missed: 3 } }])
    // Its side still holds the connection of a frozen line; stopping does not wait for that.
    await deaf.swarm.stop()
    expect(deaf.swarm.peers()).toEqual([])
    line.close()
  })
})
