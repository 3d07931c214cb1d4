import net from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { generateSwarmKey, openKeys, swarmKeyFingerprint, systemRandom } from '../../src/keys/index.ts'
import { createSplitter } from '../helpers/splitter.ts'
import { createStockNode, type StockNode } from '../helpers/stock-node.ts'
import { codeOf, createSwarmCast, eventually, isFull, welcomedPeers, type SwarmCast } from '../helpers/swarm-nodes.ts'

let cast: SwarmCast
const stocks: StockNode[] = []
const closers: (() => void)[] = []
beforeAll(async () => {
  cast = await createSwarmCast()
})
afterEach(async () => {
  for (const close of closers.splice(0)) close()
  for (const node of stocks.splice(0)) await node.stop()
  await cast.stopAll()
})

async function stock(...args: Parameters<typeof createStockNode>): Promise<StockNode> {
  const node = await createStockNode(...args)
  stocks.push(node)
  return node
}

describe('a stock libp2p node with the same swarm key', () => {
  it('connects, identifies and pings, and is shown as not welcomed', async () => {
    const one = await cast.node()
    const other = await stock(cast.swarmKey)
    const connection = await other.dial(multiaddr(one.address()))
    const agent = async (): Promise<string> =>
      new TextDecoder().decode((await other.peerStore.get(connection.remotePeer)).metadata.get('AgentVersion'))
    await eventually(async () => (await agent()) === 'hyrax/test', 'our agent, by its identify')
    expect(await other.services.ping.ping(connection.remotePeer)).toBeGreaterThanOrEqual(0)
    expect(one.swarm.peers()).toMatchObject([{ peer: other.peerId.toString(), state: 'connected', name: '' }])
    expect(welcomedPeers(one)).toEqual([])
    expect(await one.swarm.ping(other.peerId.toString())).toBeGreaterThan(0)
    await expect(one.swarm.open(other.peerId.toString(), '/x', 100)).rejects.toMatchObject({
      code: 'ERR_SWARM_NOT_CONNECTED',
    })
  })
  it('is dialled by us, and stays: it does not say hello', async () => {
    const one = await cast.node()
    const other = await stock(cast.swarmKey)
    const address = other.getMultiaddrs()[0]?.toString() ?? ''
    await expect(one.swarm.connect(address)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    await eventually(() => one.swarm.peers()[0]?.agent !== '', 'its agent, by identify')
    expect(one.swarm.peers()).toMatchObject([{ state: 'connected', direction: 'outbound' }])
  })
  it.each(['sodium-native', 'wasm'] as const)(
    'understands every split of our bytes and we of its (%s)',
    async (backend) => {
      const keys = await openKeys({ backend })
      const one = await cast.node({ keys })
      const other = await stock(cast.swarmKey)
      for (const size of [1, 7, 23, 24, 25, 43, 44, 45]) {
        const splitter = await createSplitter(one.bareAddress(), size)
        closers.push(splitter.close)
        const connection = await other.dial(multiaddr(splitter.address))
        expect(connection.remotePeer.toString()).toBe(one.peer)
        await connection.close()
        const back = await createSplitter(other.getMultiaddrs()[0]?.toString() ?? '', size)
        closers.push(back.close)
        await expect(one.swarm.connect(back.address)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
        await one.swarm.disconnect(other.peerId.toString())
      }
    },
  )
})

describe('sec/N1 another swarm key', () => {
  it('is named on both sides, every time, and no connection comes to be', async () => {
    const one = await cast.node()
    const other = await cast.node({ swarmKeys: [generateSwarmKey(systemRandom)] })
    let opened = 0
    one.swarm.host.onConnection(() => opened++)
    other.swarm.host.onConnection(() => opened++)
    const codes: string[] = []
    for (let index = 0; index < 40; index++) codes.push(await codeOf(other.swarm.connect(one.address())))
    expect(codes).toEqual(new Array(40).fill('ERR_SWARM_WRONG_KEY'))
    expect(opened).toBe(0)
    expect(one.swarm.failures()).toMatchObject([{ code: 'ERR_SWARM_WRONG_KEY', direction: 'inbound', count: 40 }])
    expect(one.swarm.failures()[0]?.data['fingerprint']).toBe(swarmKeyFingerprint(cast.swarmKey))
  })
  it('of a stock node is named by us on either side', async () => {
    const one = await cast.node()
    const other = await stock(generateSwarmKey(systemRandom))
    await expect(other.dial(multiaddr(one.address()))).rejects.toThrow()
    expect(one.swarm.failures()).toMatchObject([{ code: 'ERR_SWARM_WRONG_KEY' }])
  })
  it('or none at all, is named', async () => {
    const one = await cast.node()
    const other = await stock(undefined)
    await expect(other.dial(multiaddr(one.address()))).rejects.toThrow()
    await eventually(() => one.swarm.failures().length > 0, 'the failure')
    expect(one.swarm.failures()).toMatchObject([
      { code: 'ERR_SWARM_WRONG_KEY', data: { what: 'It uses no swarm key at all.' } },
    ])
    await expect(one.swarm.connect(other.getMultiaddrs()[0]?.toString() ?? '')).rejects.toMatchObject({
      // What it takes our nonce for is chance: it closes at once, or waits for more.
      code: expect.stringMatching(/^ERR_(SWARM_WRONG_KEY|NODE_UNREACHABLE)$/),
    })
  })
  it('random bytes open nothing and leave nothing', async () => {
    const one = await cast.node()
    let opened = 0
    one.swarm.host.onConnection(() => opened++)
    const port = Number(/tcp\/(\d+)/.exec(one.address())?.[1])
    for (let index = 0; index < (isFull ? 200 : 40); index++)
      await new Promise<void>((resolve) => {
        const socket = net.connect(port, '127.0.0.1', () => socket.write(systemRandom.bytes(44 + index)))
        socket.on('error', () => undefined)
        socket.resume().on('close', () => {
          resolve()
        })
      })
    expect(opened).toBe(0)
    expect(one.swarm.host.pending).toBe(0)
  })
})

describe('a key ring', () => {
  it('lets nodes with the old key and the new one meet, whoever dials', async () => {
    const [oldKey, newKey] = [cast.swarmKey, generateSwarmKey(systemRandom)]
    const old = await cast.node({ swarmKeys: [oldKey] })
    const turning = await cast.node({ swarmKeys: [newKey, oldKey] })
    const turned = await cast.node({ swarmKeys: [newKey] })
    expect(await old.swarm.connect(turning.address())).toBe(turning.peer)
    expect(await turned.swarm.connect(turning.address())).toBe(turning.peer)
    await turning.swarm.disconnect(old.peer)
    // The new key is not known there: the same call goes on with the old one.
    expect(await turning.swarm.connect(old.address())).toBe(old.peer)
    expect(
      turning.swarm
        .peers()
        .map(({ peer, swarmKey }) => [peer, swarmKey])
        .sort(),
    ).toEqual(
      [
        [old.peer, swarmKeyFingerprint(oldKey)],
        [turned.peer, swarmKeyFingerprint(newKey)],
      ].sort(),
    )
    expect(old.swarm.peers()).toMatchObject([{ peer: turning.peer, keyNext: swarmKeyFingerprint(newKey) }])
  })

  it('moves who has the newest key to it by itself, and leaves who has not where it is', async () => {
    const [oldKey, newKey] = [cast.swarmKey, generateSwarmKey(systemRandom)]
    const one = await cast.node({ pingMs: 500 })
    const [turned, late] = [await cast.node(), await cast.node()]
    for (const other of [turned, late]) await one.swarm.connect(other.address())
    turned.swarm.setKeys([newKey, oldKey])
    one.swarm.setKeys([newKey, oldKey])
    const keyOf = (peer: string) => one.swarm.peers().find((known) => known.peer === peer)?.swarmKey
    await eventually(() => keyOf(turned.peer) === swarmKeyFingerprint(newKey), 'moved')
    await eventually(() => one.swarm.host.connections(turned.peer).length === 1, 'one connection is left')
    expect(keyOf(late.peer)).toBe(swarmKeyFingerprint(oldKey))
    expect(welcomedPeers(one)).toEqual([turned.peer, late.peer].sort())
    // The ping that looks whether the first connection still lives is broken off when that one is closed: no silence.
    expect(one.swarm.failures()).toEqual([])
    late.swarm.setKeys([newKey, oldKey])
    await eventually(() => keyOf(late.peer) === swarmKeyFingerprint(newKey), 'moved as soon as it can be', 30_000)
    expect(welcomedPeers(one)).toEqual([turned.peer, late.peer].sort())
  })

  it('turns live: nothing is cut while both keys are there, and what uses the old one is cut when it goes', async () => {
    const [oldKey, newKey] = [cast.swarmKey, generateSwarmKey(systemRandom)]
    const [one, two] = [await cast.node(), await cast.node()]
    await two.swarm.connect(one.address())
    for (const { swarm } of [one, two]) expect(swarm.setKeys([newKey, oldKey]).cut).toEqual([])
    const late = await cast.node()
    await late.swarm.connect(one.address())
    expect(one.swarm.peers().map(({ swarmKey }) => swarmKey)).toEqual(new Array(2).fill(swarmKeyFingerprint(oldKey)))
    two.swarm.setKeys([newKey])
    // Who still accepts both is back by itself, with the new key; who has only the old one stays out.
    await eventually(() => one.swarm.peers().some(({ swarmKey }) => swarmKey === swarmKeyFingerprint(newKey)), 'back')
    expect(one.swarm.setKeys([newKey])).toMatchObject({ cut: [late.peer] })
    await eventually(() => late.swarm.peers().length === 0, 'cut on the other side')
    expect(await codeOf(late.swarm.connect(one.address()))).toBe('ERR_SWARM_WRONG_KEY')
    expect(await codeOf(one.swarm.connect(late.address()))).toBe('ERR_SWARM_WRONG_KEY')
    await eventually(() => welcomedPeers(one).includes(two.peer), 'the two that turned')
  })
})
