import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { GateFacts } from '../../src/access/index.ts'
import { createStockNode } from '../helpers/stock-node.ts'
import {
  codeOf,
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

const listing = (...nodes: SwarmNode[]): Partial<GateFacts> => ({
  permissioned: true,
  allowed: { state: 'read', peers: new Set(nodes.map(({ peer }) => peer)) },
})
const barring = (...nodes: SwarmNode[]): Partial<GateFacts> => ({
  disallowed: { state: 'read', peers: new Set(nodes.map(({ peer }) => peer)) },
})
const states: [string, boolean, (other: SwarmNode) => Partial<GateFacts>][] = [
  ['listed', true, (other) => listing(other)],
  ['unlisted', false, () => listing()],
  ['missing', false, () => ({ permissioned: true, allowed: { state: 'missing', peers: new Set() } })],
  [
    'unreadable',
    false,
    () => ({ permissioned: true, allowed: { state: 'unreadable', peers: new Set(), why: 'no JSON' } }),
  ],
  ['listed and barred', false, (other) => ({ ...listing(other), ...barring(other) })],
  ['open gate', true, () => ({})],
  ['open gate, barred', false, (other) => barring(other)],
  [
    'open gate, unreadable bans',
    false,
    () => ({ disallowed: { state: 'unreadable', peers: new Set(), why: 'no JSON' } }),
  ],
]

describe.each(states)('sec/N3 sec/N5 a peer that is %s', (_, passes, facts) => {
  it(`comes ${passes ? 'in' : 'neither in'}`, async () => {
    const other = await cast.node()
    const one = await cast.node()
    one.gate.update(facts(other))
    let opened = 0
    one.swarm.host.onConnection(() => opened++)
    const code = await codeOf(other.swarm.connect(one.address()))
    expect(code).toBe(passes ? 'ok' : 'ERR_SWARM_CLOSED_BEFORE_HELLO')
    expect(opened).toBe(passes ? 1 : 0)
    if (!passes) expect(one.swarm.failures()).toMatchObject([{ peer: other.peer, code: 'ERR_ACCESS_NOT_PERMISSIONED' }])
    expect(welcomedPeers(other)).toEqual(passes ? [one.peer] : [])
  })
  it(`sec/N4 is ${passes ? '' : 'not '}dialled, with its id in the address and without`, async () => {
    const other = await cast.node()
    const one = await cast.node()
    one.gate.update(facts(other))
    for (const address of [
      other.address(),
      other.bareAddress(),
      other.bareAddress().replace('/ip4/127.0.0.1', '/dns4/localhost'),
    ]) {
      const code = await codeOf(one.swarm.connect(address))
      expect(code).toBe(passes ? 'ok' : 'ERR_ACCESS_NOT_PERMISSIONED')
    }
    await eventually(() => one.swarm.host.connections().length === (passes ? 1 : 0), 'connections')
    expect(welcomedPeers(other)).toEqual(passes ? [one.peer] : [])
  })
})

describe('a dial', () => {
  it('that meets another identity than its address names is stopped', async () => {
    const [one, two, three] = [await cast.node(), await cast.node(), await cast.node()]
    await expect(one.swarm.connect(`${two.bareAddress()}/p2p/${three.peer}`)).rejects.toMatchObject({
      code: 'ERR_NODE_AUTH',
      data: { found: two.peer, expected: three.peer },
    })
  })
  it('to ourselves is no dial', async () => {
    const one = await cast.node()
    await expect(one.swarm.connect(one.bareAddress())).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' })
  })
  it('to nobody says so', async () => {
    const one = await cast.node()
    await expect(one.swarm.connect('/ip4/127.0.0.1/tcp/1')).rejects.toMatchObject({
      code: 'ERR_NODE_UNREACHABLE',
      data: { what: 'connection refused' },
    })
  })
})

describe('sec/N2 a keyholder that is not listed', () => {
  it('gets no stream of any kind', async () => {
    const one = await cast.node({ gate: { permissioned: true } })
    let handled = 0
    await one.swarm.handle(
      '/hyrax/team-sync/1.0.0',
      () => {
        handled++
      },
      { maxStreams: 16, frameBytesMax: 100 },
    )
    const stranger = await createStockNode(cast.swarmKey)
    try {
      for (const protocol of ['/hyrax/hello/1.0.0', '/hyrax/team-sync/1.0.0', '/ipfs/ping/1.0.0', '/ipfs/id/1.0.0'])
        await expect(stranger.dialProtocol(multiaddr(one.address()), protocol)).rejects.toThrow()
    } finally {
      await stranger.stop()
    }
    expect(handled).toBe(0)
  })
  it('sec/N3 a listed stock node that never said hello gets no stream of ours', async () => {
    const one = await cast.node()
    let handled = 0
    await one.swarm.handle(
      '/hyrax/team-sync/1.0.0',
      () => {
        handled++
      },
      { maxStreams: 16, frameBytesMax: 100 },
    )
    const stranger = await createStockNode(cast.swarmKey)
    const stream = await stranger
      .dialProtocol(multiaddr(one.address()), '/hyrax/team-sync/1.0.0')
      .catch(() => undefined)
    if (stream !== undefined)
      await new Promise((resolve) => {
        stream.addEventListener('close', resolve)
      })
    await stranger.stop()
    expect(handled).toBe(0)
  })
})

describe('sec/N6 removal', () => {
  it('cuts at once, and nothing received after it is handled', async () => {
    const rounds = isFull ? 100 : 15
    const one = await cast.node()
    let removed = false
    let handledAfter = 0
    let handled = 0
    await one.swarm.handle(
      '/test/load/1',
      async (stream) => {
        while ((await stream.read()) !== undefined) {
          handled++
          if (removed) handledAfter++
        }
      },
      { maxStreams: 4, frameBytesMax: 1_024 },
    )
    const other = await cast.node()
    for (let round = 0; round < rounds; round++) {
      removed = false
      one.gate.update({ disallowed: { state: 'read', peers: new Set() } })
      await other.swarm.connect(one.address())
      const before = handled
      const streams = await Promise.all([1, 2, 3].map(() => other.swarm.open(one.peer, '/test/load/1', 1_024)))
      const loads = streams.map(async (stream) => {
        for (;;) await stream.send({ n: 1, pad: new Uint8Array(200) })
      })
      await eventually(() => handled > before + 20, 'load')
      one.gate.update({ disallowed: { state: 'read', peers: new Set([other.peer]) } })
      expect(one.swarm.rejudge().cut).toEqual([other.peer])
      removed = true
      await Promise.allSettled(loads)
      await eventually(() => one.swarm.host.connections().length === 0, 'cut')
      await eventually(() => welcomedPeers(other).length === 0, 'cut seen by the other')
    }
    expect(handledAfter).toBe(0)
  })
  it('cuts a peer that does not read', async () => {
    const [one, two] = [await cast.node(), await cast.node()]
    let blocked: Promise<void> | undefined
    await one.swarm.handle(
      '/test/flood/1',
      async (stream) => {
        blocked = (async () => {
          for (;;) await stream.send({ pad: new Uint8Array(60_000) })
        })()
        await blocked.catch(() => undefined)
      },
      { maxStreams: 1, frameBytesMax: 65_536 },
    )
    await two.swarm.connect(one.address())
    await two.swarm.open(one.peer, '/test/flood/1', 65_536)
    await eventually(() => blocked !== undefined, 'flooding')
    one.gate.update({ disallowed: { state: 'read', peers: new Set([two.peer]) } })
    one.swarm.rejudge()
    await expect(blocked).rejects.toMatchObject({ code: 'ERR_HOST_STREAM' })
    expect(one.swarm.peers()).toEqual([])
  })
  it('tells the parts that hang on it', async () => {
    const [one, two] = [await cast.node(), await cast.node()]
    const seen: string[] = []
    one.swarm.onWelcome(({ peer }) => seen.push(`+${peer}`))
    one.swarm.onGone((peer) => seen.push(`-${peer}`))
    await two.swarm.connect(one.address())
    await eventually(() => seen.length === 1, 'welcome')
    one.gate.update({ disallowed: { state: 'read', peers: new Set([two.peer]) } })
    one.swarm.rejudge()
    await eventually(() => seen.length === 2, 'gone')
    expect(seen).toEqual([`+${two.peer}`, `-${two.peer}`])
  })
})
