import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../src/base/index.ts'
import { parseId, type CborMap } from '../../src/codec/index.ts'
import { generateIdentity, systemRandom } from '../../src/keys/index.ts'
import { memoryStore } from '../../src/store/index.ts'
import { makePeerBinding, syncProtocol } from '../../src/team/index.ts'
import { createTeamCast, type TeamCast, type TeamNode } from '../helpers/team-nodes.ts'
import { eventually, type SwarmNode } from '../helpers/swarm-nodes.ts'

let cast: TeamCast
beforeEach(async () => {
  cast = await createTeamCast()
})
afterEach(() => cast.stopAll())

async function add(by: TeamNode, node: TeamNode, name: string, role = 'user'): Promise<void> {
  const bundle = node.teams.device.bundle
  expect(await by.teams.author(undefined, { kind: 'AddDevice', bundle, name, role })).not.toHaveProperty('code')
}

async function join(node: TeamNode, by: TeamNode): Promise<void> {
  const { id } = by.teams.view()
  await node.teams.addTeam(id)
  await node.teams.syncPeers.add(by.address(), id)
  await eventually(() => node.teams.view().stateHash === by.teams.view().stateHash, 'sync')
}

function device(of: TeamNode, name: string): Uint8Array {
  return of.teams.resolveDevice(undefined, name).device
}

describe('whom a node holds for removed', () => {
  it('I9: two nodes that each hold the other for removed hear of it when they meet, and agree', async () => {
    const [owner, a, p] = [await cast.node(), await cast.node(), await cast.node()]
    await owner.teams.createTeam('herd', 'owner')
    await add(owner, a, 'a', 'operator')
    await add(owner, p, 'p')
    await join(a, owner)
    await join(p, owner)
    for (const node of [a, p]) await node.teams.syncPeers.remove(owner.address(), undefined)
    // On one side P is raised to owner and removes A; on the other A removes P.
    await a.swarm.disconnect(owner.peer)
    await a.swarm.disconnect(p.peer)
    await eventually(() => a.teams.linkedPeers().length === 0, 'A alone')
    const raise = { kind: 'AssignRole', device: device(owner, 'p'), role: 'owner' } as const
    expect(await owner.teams.author(undefined, raise)).not.toHaveProperty('code')
    await eventually(() => p.teams.view().count === 4, 'P knows that it is owner')
    const outs = [
      await p.teams.author(undefined, { kind: 'RemoveDevice', device: device(p, 'a') }),
      await a.teams.author(undefined, { kind: 'RemoveDevice', device: device(a, 'p') }),
    ]
    for (const out of outs) expect(out).not.toHaveProperty('code')
    await owner.stop()
    await a.swarm.connect(p.address())
    // Who is out learns that, and not which epoch came after.
    const heard = (node: TeamNode): number => node.teams.log().filter(({ kind }) => kind !== 'RotateKey').length
    await eventually(() => heard(a) === 6 && heard(p) === 6, 'both know both', 30_000)
    expect(a.teams.view().members).toEqual(p.teams.view().members)
  }, 60_000)
})

describe('a device that moved to another peer', () => {
  /** A connected outsider that says, with a binding, which device it is. */
  async function claimant(owner: TeamNode, own: TeamNode, sequence: number): Promise<SwarmNode> {
    const node = generateIdentity(systemRandom)
    const { identity } = own
    const binding = makePeerBinding(cast.keys, { identity, node, sequence })
    const made = await cast.plain({ identity: node, binding: () => binding })
    await made.swarm.connect(owner.address())
    return made
  }

  it('stays there when the node that saw it starts again: a binding that was given up does not count once more', async () => {
    const store = memoryStore()
    const [owner, member] = [await cast.node({ store }), await cast.node()]
    await owner.teams.createTeam('herd', 'owner')
    await add(owner, member, 'member')
    const second = await claimant(owner, member, 2)
    await eventually(() => owner.teams.deviceOf(second.peer) !== undefined, 'bound')
    await owner.stop()
    const again = await cast.node({ store, own: owner.own })
    const first = await claimant(again, member, 1)
    await eventually(() => again.teams.connectedPeers().includes(first.peer), 'the older one is here')
    expect(again.teams.deviceOf(first.peer)).toBeUndefined()
    const third = await claimant(again, member, 3)
    await eventually(() => again.teams.deviceOf(third.peer) !== undefined, 'a newer one counts')
  })

  it('of a stranger leaves no trace, whatever number it shows, until a team knows it', async () => {
    const store = memoryStore()
    const [owner, stranger] = [await cast.node({ store }), await cast.node()]
    await owner.teams.createTeam('herd', 'owner')
    const { identity } = stranger.own
    const binding = makePeerBinding(cast.keys, { identity, node: identity, sequence: 9 })
    await stranger.stop()
    const alias = await cast.plain({ identity, binding: () => binding })
    await alias.swarm.connect(owner.address())
    await eventually(() => owner.teams.deviceOf(alias.peer) !== undefined, 'bound')
    expect(await store.meta.list('binding/')).toEqual([])
    await add(owner, stranger, 'member')
    await eventually(async () => (await store.meta.list('binding/')).length === 1, 'kept')
  })

  it('is at the one whose binding has the largest number: the older one, though it lives, is unbound', async () => {
    const [owner, member] = [await cast.node(), await cast.node()]
    await owner.teams.createTeam('herd', 'owner')
    await add(owner, member, 'member')
    const first = await claimant(owner, member, 1)
    await eventually(() => owner.teams.deviceOf(first.peer) !== undefined, 'the first is bound')
    const second = await claimant(owner, member, 2)
    await eventually(() => owner.teams.deviceOf(second.peer) !== undefined, 'the second is bound')
    expect(owner.teams.deviceOf(first.peer)).toBeUndefined()
    const stream = await first.swarm.open(owner.peer, syncProtocol, limits.syncFrameBytesMax)
    await stream.send(helloOf(owner)).catch(() => undefined)
    await expect(stream.read()).rejects.toBeDefined()
    const third = await claimant(owner, member, 1)
    await eventually(() => owner.swarm.host.connections(third.peer).length > 0, 'the third is connected')
    expect(owner.teams.deviceOf(third.peer)).toBeUndefined()
    expect(owner.teams.deviceOf(second.peer)).toBeDefined()
  })
})

function helloOf(node: TeamNode): CborMap {
  const zeros = new Uint8Array(32)
  const blank = { heads: [], count: 0, stateHash: zeros, frontierDigest: null, version: 1 }
  return { t: 'hello', team: parseId('team', node.teams.view().id), ...blank }
}
