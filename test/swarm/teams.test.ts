import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseId } from '../../src/codec/index.ts'
import { formatKeyBundle, readAnyBundle, syncProtocol, type KeyBundle } from '../../src/team/index.ts'
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
    const known = three.teams.view().count
    await one.teams.author(undefined, {
      kind: 'AssignRole',
      device: two.teams.resolveDevice(undefined, 'two').device,
      role: 'admin',
    })
    await eventually(() => two.teams.view().count === known + 1, 'two hears the newest')
    expect(three.teams.view().count).toBe(known)
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
