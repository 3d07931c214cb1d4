import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeCbor, parseId, toHex, type CborMap } from '../../src/codec/index.ts'
import type { FrameStream } from '../../src/host/index.ts'
import { readFrame, syncProtocol } from '../../src/team/index.ts'
import { createSwarmCast, eventually, welcomedPeers, type SwarmCast, type SwarmNode } from '../helpers/swarm-nodes.ts'
import { createTeamCast, type TeamCast, type TeamNode } from '../helpers/team-nodes.ts'

/** Protocols that somebody might hope a node speaks. */
const guesses = [
  syncProtocol,
  '/hyrax/hello/1.0.0',
  '/hyrax/admin/1.0.0',
  '/hyrax/team-sync/2.0.0',
  '/meshsub/1.1.0',
  '/meshsub/1.0.0',
  '/floodsub/1.0.0',
  '/ipfs/id/push/1.0.0',
  '/ipfs/kad/1.0.0',
]
const nothing = new Uint8Array(32)

describe('sec/P2: whoever has the swarm key and is welcomed, but is no member', () => {
  let members: TeamCast
  let others: SwarmCast
  let one: TeamNode
  let two: TeamNode
  beforeEach(async () => {
    members = await createTeamCast()
    others = await createSwarmCast()
    one = await members.node()
    two = await members.node()
    await one.teams.createTeam('herd', 'one')
    const added = await one.teams.author(undefined, { kind: 'AddDevice', bundle: two.teams.device.bundle, name: 'two' })
    expect(added).not.toHaveProperty('code')
    await two.teams.addTeam(one.teams.view().id)
    await two.teams.syncPeers.add(one.address(), one.teams.view().id)
    await eventually(() => two.teams.view().stateHash === one.teams.view().stateHash, 'members agree')
  })
  afterEach(async () => {
    await others.stopAll()
    await members.stopAll()
  })

  /** Connected to both members; everything that reaches it on any stream is kept. */
  async function outsider(binding?: Uint8Array): Promise<{ node: SwarmNode; heard: CborMap[] }> {
    const heard: CborMap[] = []
    const node = await others.node({
      swarmKeys: [members.swarmKey],
      name: 'outsider',
      ...(binding === undefined ? {} : { binding: () => binding }),
    })
    await node.swarm.handle(syncProtocol, (stream) => listen(stream, heard), { maxStreams: 8, frameBytesMax: 65_536 })
    for (const member of [one, two]) await node.swarm.connect(member.address())
    await eventually(() => welcomedPeers(one).includes(node.peer) && welcomedPeers(two).includes(node.peer), 'welcomed')
    return { node, heard }
  }

  async function listen(stream: FrameStream, heard: CborMap[]): Promise<void> {
    for (;;) {
      const frame = await stream.read().catch(() => undefined)
      if (frame === undefined) return
      heard.push(frame)
    }
  }

  function questions(): CborMap[] {
    const team = parseId('team', one.teams.view().id)
    const heads = one.teams.view().heads.map((head) => parseId('cmd', head))
    const hello = { t: 'hello', heads: [], count: 0, stateHash: nothing, frontierDigest: null, version: 1 }
    return [
      { ...hello, team },
      { ...hello, team, heads, count: one.teams.view().count },
      { ...hello, team: nothing },
      { t: 'want', ids: [...heads, team], ranges: [], credit: 1_000_000 },
      { t: 'announce', ids: [...heads, nothing] },
      { t: 'frontier', base: null, devices: [] },
    ]
  }

  async function askEverything(node: SwarmNode, heard: CborMap[]): Promise<void> {
    for (const member of [one, two]) {
      for (const protocol of guesses) {
        for (const question of questions()) {
          const stream = await node.swarm.open(member.peer, protocol, 65_536).catch(() => undefined)
          if (stream === undefined) break
          await stream.send(question).catch(() => undefined)
          await Promise.race([listen(stream, heard), new Promise((resolve) => setTimeout(resolve, 300))])
          stream.abort()
        }
      }
    }
  }

  /** What tells of the team: its id, every command, every device, its name. */
  function secretsOfTheTeam(): string[] {
    const view = one.teams.view()
    const ids = [parseId('team', view.id), ...view.heads.map((head) => parseId('cmd', head))]
    return [
      ...ids.map(toHex),
      ...view.members.map(({ device }) => toHex(parseId('dev', device))),
      toHex(Buffer.from('herd')),
    ]
  }

  it('reads no byte of the team and learns no team id, whatever it asks and whatever happens', async () => {
    // Refused for who asks, not for how.
    for (const question of questions()) expect(readFrame(question)).toHaveProperty('t')
    const { node, heard } = await outsider()
    const asked = askEverything(node, heard)
    for (const role of ['operator', 'user', 'operator']) {
      await one.teams.author(undefined, {
        kind: 'AssignRole',
        device: one.teams.resolveDevice(undefined, 'two').device,
        role,
      })
    }
    await asked
    await eventually(() => two.teams.view().stateHash === one.teams.view().stateHash, 'members agree')
    const bytes = heard.map((frame) => toHex(encodeCbor(frame))).join(' ')
    for (const secret of secretsOfTheTeam()) expect(bytes).not.toContain(secret)
    expect(heard.filter(({ t }) => t !== 'error')).toEqual([])
    expect(welcomedPeers(one)).toContain(two.peer)
  }, 60_000)

  it('the binding of a member, heard and repeated, opens nothing', async () => {
    const { node, heard } = await outsider(two.teams.binding())
    await askEverything(node, heard)
    expect(heard.filter(({ t }) => t !== 'error')).toEqual([])
    expect(one.teams.linkedPeers()).not.toContain(node.peer)
  }, 60_000)

  it('is told no more in hello than who is here and where', async () => {
    const { node } = await outsider()
    const shown = JSON.stringify(node.swarm.peers().map(({ binding: _, ...peer }) => peer))
    expect(shown).not.toContain(one.teams.view().id)
    expect(shown).not.toContain('herd')
    const told = toHex(encodeCbor(node.swarm.peers().map(({ binding }) => binding)))
    expect(told).not.toContain(toHex(parseId('team', one.teams.view().id)))
  })
})
