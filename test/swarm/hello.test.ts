import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSwarmCast, eventually, welcomedPeers, type SwarmCast } from '../helpers/swarm-nodes.ts'

let cast: SwarmCast
beforeAll(async () => {
  cast = await createSwarmCast()
})
afterEach(() => cast.stopAll())

describe('two nodes', () => {
  it('welcome each other, say their names and ping', async () => {
    const one = await cast.node({ name: 'one', binding: () => new Uint8Array([1, 2, 3]) })
    const two = await cast.node({ name: 'two', bootstrap: [one.address()] })
    await eventually(() => welcomedPeers(one).length === 1 && welcomedPeers(two).length === 1, 'both welcomed')
    expect(one.swarm.peers()[0]).toMatchObject({
      peer: two.peer,
      name: 'two',
      direction: 'inbound',
      agent: 'hyrax/test',
    })
    expect(two.swarm.peers()[0]).toMatchObject({
      peer: one.peer,
      name: 'one',
      direction: 'outbound',
      binding: new Uint8Array([1, 2, 3]),
    })
    expect(await two.swarm.ping(one.peer)).toBeGreaterThan(0)
    expect(await one.swarm.ping(two.peer)).toBeGreaterThan(0)
  })
})
