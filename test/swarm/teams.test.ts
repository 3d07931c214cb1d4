import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseId } from '../../src/codec/index.ts'
import { formatKeyBundle, readAnyBundle, syncProtocol, type KeyBundle } from '../../src/team/index.ts'
import { generateIdentity, systemRandom } from '../../src/keys/index.ts'
import { memoryStore } from '../../src/store/index.ts'
import { createTeamCast, type TeamCast, type TeamNode } from '../helpers/team-nodes.ts'
import { eventually } from '../helpers/swarm-nodes.ts'

let cast: TeamCast
beforeEach(async () => {
  cast = await createTeamCast()
})
afterEach(() => cast.stopAll())

/** The bundle as it travels by hand. */
function carry(node: TeamNode): KeyBundle {
  const read = readAnyBundle(formatKeyBundle('text', node.teams.device.bundle), cast.keys)
  if ('kind' in read) throw new Error(read.code)
  return read
}

async function add(by: TeamNode, node: TeamNode, name: string, role?: string): Promise<void> {
  const added = await by.teams.author(undefined, {
    kind: 'AddDevice',
    bundle: carry(node),
    name,
    ...(role === undefined ? {} : { role }),
  })
  expect(added).not.toHaveProperty('code')
}

async function join(node: TeamNode, owner: TeamNode): Promise<void> {
  const { id } = owner.teams.view()
  await node.teams.addTeam(id)
  await node.teams.syncPeers.add(owner.address(), id)
  await eventually(
    () => node.teams.view().synced && node.teams.view().stateHash === owner.teams.view().stateHash,
    'sync',
  )
}

describe('teams over real sockets', () => {
  it('a device added on one node is seen on the third, and all agree', async () => {
    const [one, two, three] = [await cast.node(), await cast.node(), await cast.node()]
    await one.teams.createTeam('herd', 'one')
    await add(one, two, 'two', 'operator')
    await add(one, three, 'three')
    await join(two, one)
    await join(three, one)
    const four = await cast.node()
    await add(two, four, 'four')
    await eventually(() => three.teams.view().members.length === 4, 'four on three')
    await eventually(
      () => new Set([one, two, three].map((node) => node.teams.view().stateHash)).size === 1,
      'agreement',
    )
  })

  it('a removed device loses its connections, learns of it, and hears nothing newer', async () => {
    const [one, two, three] = [await cast.node(), await cast.node(), await cast.node()]
    await one.teams.createTeam('herd', 'one')
    await add(one, two, 'two', 'operator')
    await add(one, three, 'three')
    await join(two, one)
    await join(three, one)
    const device = one.teams.resolveDevice(undefined, 'three').device
    const removed = await one.teams.author(undefined, { kind: 'RemoveDevice', device })
    expect(removed).toMatchObject({ cut: { peers: [three.peer] } })
    expect(one.swarm.host.connections(three.peer)).toHaveLength(0)
    await eventually(() => three.teams.view().members.length === 2, 'three knows that it is out')
    await eventually(() => two.cuts.includes(three.peer), 'two cuts it as well')
    const known = three.teams.view().count
    await eventually(() => two.teams.view().count === known + 1, 'two hears of the epoch without three')
    await one.teams.author(undefined, {
      kind: 'AssignRole',
      device: two.teams.resolveDevice(undefined, 'two').device,
      role: 'admin',
    })
    await eventually(() => two.teams.view().count === known + 2, 'two hears the newest')
    expect(three.teams.view().count).toBe(known)
  })

  it('R6: two nodes that were cut apart author on both sides, and agree when they meet again', async () => {
    const [one, two] = [await cast.node(), await cast.node()]
    await one.teams.createTeam('herd', 'one')
    await add(one, two, 'two', 'operator')
    await join(two, one)
    await two.swarm.disconnect(one.peer)
    await eventually(() => one.teams.linkedPeers().length + two.teams.linkedPeers().length === 0, 'cut apart')
    for (const node of [one, two]) {
      const other = await cast.node()
      await add(node, other, `of ${node.peer}`)
    }
    expect(one.teams.view().stateHash).not.toBe(two.teams.view().stateHash)
    const synced = await two.teams.syncNow()
    expect(synced).toMatchObject({ peers: 1, commands: 1 })
    await eventually(() => one.teams.view().stateHash === two.teams.view().stateHash, 'agreement')
    expect(one.teams.view()).toMatchObject({ count: 4, heads: { length: 2 } })
  })

  it('a node that comes back from a backup authors nothing before it has caught up', async () => {
    const disk = new Map<string, Uint8Array>()
    const own = generateIdentity(systemRandom)
    const one = await cast.node({ identity: own, store: memoryStore(disk) })
    await one.teams.createTeam('herd', 'one')
    const backup = new Map(disk)
    const two = await cast.node()
    await add(one, two, 'two', 'owner')
    await join(two, one)
    const signing = one.teams.device.bundle
    await one.stop()
    const again = await cast.node({ identity: own, store: memoryStore(backup) })
    expect(again.teams.view()).toMatchObject({ count: 1, heard: false })
    expect(again.teams.device.bundle.identity).toEqual(signing.identity)
    // The disk knows nobody else: it is the sync peer, given by the operator, who knows better.
    await again.teams.syncPeers.add(two.address(), undefined)
    await eventually(() => again.teams.view().count === 2 && again.teams.view().heard, 'caught up')
    expect(again.teams.view().forked).toEqual([])
  })

  it('sec/P2: a welcomed outsider gets not one byte of the team, and learns no team id', async () => {
    const [one, two, outsider] = [await cast.node(), await cast.node(), await cast.node()]
    await one.teams.createTeam('herd', 'one')
    await add(one, two, 'two')
    await join(two, one)
    await outsider.swarm.connect(one.address())
    for (const guess of [one.teams.view().id, 'unknown']) {
      const stream = await outsider.swarm.open(one.peer, syncProtocol, 65_536)
      const team = guess === 'unknown' ? new Uint8Array(32) : parseId('team', one.teams.view().id)
      const hello = {
        t: 'hello',
        team,
        heads: [],
        count: 0,
        stateHash: new Uint8Array(32),
        frontierDigest: null,
        version: 1,
      }
      await stream.send(hello).catch(() => undefined)
      await expect(stream.read()).rejects.toBeDefined()
    }
  })

  it('a joiner without a state names its team to its sync peer alone', async () => {
    const [one, joiner, stranger] = [await cast.node(), await cast.node(), await cast.node()]
    await one.teams.createTeam('herd', 'one')
    const heard: unknown[] = []
    await joiner.teams.addTeam(one.teams.view().id)
    await stranger.swarm.connect(joiner.address())
    const stream = await stranger.swarm.open(joiner.peer, syncProtocol, 65_536)
    void stream.read().then(
      (frame) => heard.push(frame),
      () => undefined,
    )
    await stream.closed
    expect(heard).toEqual([])
  }, 15_000)
})
