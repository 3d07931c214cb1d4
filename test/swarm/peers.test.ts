import { afterEach, beforeAll, describe, expect, it } from 'vitest'
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

const isFullMesh = (nodes: readonly SwarmNode[]): boolean =>
  nodes.every((node) => welcomedPeers(node).length === nodes.length - 1)

describe('fault/R19 the node through which others met', () => {
  it('may die: they are one swarm, and a node that comes back finds them', async () => {
    const hub = await cast.node()
    const others = await Promise.all([1, 2, 3].map(() => cast.node({ bootstrap: [hub.bareAddress()] })))
    await eventually(() => isFullMesh([hub, ...others]), 'everybody knows everybody')
    await hub.swarm.stop()
    await eventually(() => isFullMesh(others), 'the three without it')
    const late = await cast.node({ bootstrap: [others[2]?.address() ?? ''] })
    await eventually(() => isFullMesh([late, ...others]), 'a fourth comes through another')
  })
})

describe('two that dial each other at once', () => {
  it('end up welcomed on both sides', async () => {
    for (let round = 0; round < (isFull ? 30 : 8); round++) {
      const [one, two] = await Promise.all([cast.node(), cast.node()])
      await Promise.allSettled([one.swarm.connect(two.address()), two.swarm.connect(one.address())])
      one.swarm.setStatic([two.address()])
      two.swarm.setStatic([one.address()])
      await eventually(() => isFullMesh([one, two]), 'both welcomed')
      const settled = [one.swarm.peers()[0]?.since, two.swarm.peers()[0]?.since]
      await one.swarm.ping(two.peer)
      expect([one.swarm.peers()[0]?.since, two.swarm.peers()[0]?.since]).toEqual(settled)
    }
  })
})

describe('two that dial each other at once, or nearly so', () => {
  it('are both told who answered: whichever connection stays', async () => {
    const codes: string[] = []
    for (let late = 0; late < 10; late++) {
      const [one, two] = await Promise.all([cast.node(), cast.node()])
      const other = new Promise((resolve) => setTimeout(resolve, late)).then(() => two.swarm.connect(one.address()))
      codes.push(...(await Promise.all([codeOf(one.swarm.connect(two.address())), codeOf(other)])))
    }
    expect(codes).toEqual(codes.map(() => 'ok'))
  })
})

describe('sec/N9 a whole site behind one address', () => {
  it('starts at once, and all join', async () => {
    const count = isFull ? 40 : 12
    const hub = await cast.node()
    const site = await Promise.all(
      Array.from({ length: count }, () =>
        cast.node({ bootstrap: [hub.address()], dialer: { waitMsMin: 200, waitMsMax: 1_000 } }),
      ),
    )
    await eventually(() => welcomedPeers(hub).length === count, 'all joined', 25_000)
    expect(site.every((node) => welcomedPeers(node).includes(hub.peer))).toBe(true)
  })
})

describe('sec/P3 a lying PEERS frame', () => {
  it('admits nobody and dials within bounds', async () => {
    const [one, stranger, listed] = [await cast.node(), await cast.node(), await cast.node()]
    one.gate.update({ permissioned: true, allowed: { state: 'read', peers: new Set([listed.peer]) } })
    const liar = await cast.node()
    const stream = await sayHelloAs(liar, one, [
      { peer: stranger.peer, addrs: [stranger.bareAddress()] },
      { peer: one.peer, addrs: [one.bareAddress()] },
      { peer: 'no peer at all', addrs: [stranger.bareAddress()] },
      { peer: listed.peer, addrs: [stranger.bareAddress(), '/ip4/0.0.0.0/tcp/1', 'nonsense', '/unix/%2Fetc%2Fpasswd'] },
    ])
    expect(stream).toBe('refused')
    one.gate.update({ permissioned: true, allowed: { state: 'read', peers: new Set([listed.peer, liar.peer]) } })
    expect(
      await sayHelloAs(liar, one, [
        { peer: stranger.peer, addrs: [stranger.bareAddress()] },
        { peer: one.peer, addrs: [one.bareAddress()] },
        { peer: 'no peer at all', addrs: [stranger.bareAddress()] },
        { peer: listed.peer, addrs: [stranger.bareAddress(), '/ip4/0.0.0.0/tcp/1', 'nonsense'] },
      ]),
    ).toBe('welcomed')
    await eventually(
      () => one.swarm.failures().some(({ code }) => code === 'ERR_NODE_AUTH'),
      'the lie about an address',
    )
    expect(welcomedPeers(one)).toEqual([])
    expect(stranger.swarm.host.connections()).toEqual([])
    expect(one.swarm.failures().map(({ peer }) => peer)).not.toContain(stranger.peer)
  })
})

/** Speaks hello by hand from a node's host, then names these peers. */
async function sayHelloAs(from: SwarmNode, to: SwarmNode, peers: { peer: string; addrs: string[] }[]): Promise<string> {
  const { createHost } = await import('../../src/host/index.ts')
  const { createKeyRing, createProtector } = await import('../../src/swarm/index.ts')
  const { systemRandom } = await import('../../src/keys/index.ts')
  const { silentLog } = await import('../../src/base/index.ts')
  const parts = { identity: from.identity, keys: cast.keys, random: systemRandom, log: silentLog }
  const protector = createProtector(parts, createKeyRing([cast.swarmKey]))
  const host = await createHost({ ...parts, protector }, { listen: [] })
  await host.start()
  try {
    const connection = await host.dial(to.address())
    const stream = await connection.open('/hyrax/hello/1.0.0', 16_384)
    await stream.send({
      t: 'hello',
      v: 1,
      agent: 'liar',
      name: 'liar',
      addrs: [],
      gate: 'open',
      lists: null,
      keyNext: null,
      binding: null,
    })
    await stream.read()
    const answer = await stream.read()
    if (answer?.['t'] !== 'welcome') return 'refused'
    await stream.send({ t: 'welcome' })
    await stream.send({ t: 'peers', peers })
    await stream.read()
    await stream.end()
    return 'welcomed'
  } catch {
    return 'refused'
  } finally {
    await host.stop()
  }
}
