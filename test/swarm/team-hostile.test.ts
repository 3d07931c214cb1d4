import { afterEach, beforeEach, expect, it } from 'vitest'
import { labels, limits } from '../../src/base/index.ts'
import { parseId, type CborMap } from '../../src/codec/index.ts'
import { generateIdentity, systemRandom, type Identity } from '../../src/keys/index.ts'
import { deviceId, makeKeyBundle, makePeerBinding, signCommand, syncProtocol } from '../../src/team/index.ts'
import { createTeamCast, type TeamCast, type TeamNode } from '../helpers/team-nodes.ts'
import type { FrameStream } from '../../src/host/index.ts'
import { codeOf, eventually, type SwarmNode } from '../helpers/swarm-nodes.ts'

let cast: TeamCast
beforeEach(async () => {
  cast = await createTeamCast()
})
afterEach(() => cast.stopAll())

async function author(by: TeamNode, intent: Parameters<TeamNode['teams']['author']>[1]): Promise<void> {
  expect(await by.teams.author(undefined, intent)).not.toHaveProperty('code')
}

function bundleOf(identity: Identity) {
  const encryption = systemRandom.bytes(32).map((byte, i) => (i === 31 ? byte & 0x3f : byte))
  return makeKeyBundle(cast.keys, { identity, sequence: 0, signing: [identity.publicKey], encryption: [encryption] })
}

/** A frame of junk of every sort, from a member that means no good: the n-th. */
function junk(team: Uint8Array, identity: Identity, n: number): CborMap {
  const random = systemRandom.bytes(32)
  const zeros = new Uint8Array(32)
  const place = { team, parents: [random], author: deviceId(identity.publicKey), key: identity.publicKey }
  const chain = { generation: 0, sequence: n, depth: n + 1, time: 0, kind: 'CloseTeam', body: {} }
  const sign = (unsigned: Uint8Array): Uint8Array => cast.keys.sign(identity, labels.command, unsigned)
  const orphan = signCommand({ ...place, ...chain }, sign).bytes
  const claims = { heads: [random], count: 1_000_000 + n, stateHash: zeros, frontierDigest: null, version: 1 }
  const frames: CborMap[] = [
    { t: 'push', command: orphan },
    { t: 'hello', team, ...claims },
    { t: 'frontier', base: null, devices: [[random, 1_000_000, true]] },
    { t: 'announce', ids: Array.from({ length: 100 }, () => systemRandom.bytes(32)) },
    { t: 'want', ids: [], ranges: [[place.author, 0, 2 ** 40]], credit: limits.syncSessionBytesMax },
    { t: 'range', from: [0, zeros], to: null, count: 9, hash: random, ids: null, round: 1 },
    { t: 'commands', commands: [orphan] },
  ]
  return frames[n % frames.length] ?? { t: 'nonsense' }
}

it('a node is caught up by one peer while ten members flood it', async () => {
  const isExemptSource = (): boolean => true
  const [owner, member] = [await cast.node(), await cast.node({ isExemptSource })]
  await owner.teams.createTeam('herd', 'owner')
  await author(owner, { kind: 'AddDevice', bundle: member.teams.device.bundle, name: 'member', role: 'operator' })
  const hostile = Array.from({ length: 10 }, () => generateIdentity(systemRandom))
  for (const [n, identity] of hostile.entries())
    await author(owner, { kind: 'AddDevice', bundle: bundleOf(identity), name: `hostile ${n}` })
  const { id } = owner.teams.view()
  await member.teams.addTeam(id)
  await member.teams.syncPeers.add(owner.address(), id)
  await eventually(() => member.teams.view().count === owner.teams.view().count, 'joined')
  await member.teams.syncPeers.remove(owner.address(), undefined)
  await member.swarm.disconnect(owner.peer)
  await eventually(() => member.teams.linkedPeers().length === 0, 'alone')
  const { device } = owner.teams.resolveDevice(undefined, 'member')
  for (let i = 0; i < 60; i++)
    await author(owner, { kind: 'AssignRole', device, role: i % 2 === 0 ? 'user' : 'operator' })

  let isOver = false
  const team = parseId('team', id)
  /** Over its own stream or the member's, whichever stays. */
  async function flood(peer: SwarmNode): Promise<void> {
    const over = async (stream: FrameStream): Promise<void> => {
      for (let n = 1; stream.isOpen && !isOver; n++) {
        await stream.send(junk(team, peer.identity, n))
        // Ten machines make junk beside each other; here they share one thread with those they flood.
        if (n % 8 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const handling = { maxStreams: 8, frameBytesMax: limits.syncFrameBytesMax }
    await peer.swarm.handle(syncProtocol, (stream) => over(stream).catch(() => undefined), handling)
    while (!isOver && !member.cuts.includes(peer.peer)) {
      const stream = await peer.swarm.open(member.peer, syncProtocol, limits.syncFrameBytesMax).catch(() => undefined)
      if (stream !== undefined) await codeOf(over(stream))
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  const peers: SwarmNode[] = []
  for (const identity of hostile) {
    const binding = makePeerBinding(cast.keys, { identity, node: identity, sequence: 0 })
    const peer = await cast.plain({ identity, binding: () => binding })
    await peer.swarm.connect(member.address())
    peers.push(peer)
  }
  const floods = peers.map((peer) => codeOf(flood(peer)))
  const isConnected = async (): Promise<boolean> => (await codeOf(member.swarm.connect(owner.address()))) === 'ok'
  await eventually(isConnected, 'connected', 60_000)
  await eventually(() => member.teams.view().count === owner.teams.view().count, 'caught up', 60_000)
  expect(member.teams.view().stateHash).toBe(owner.teams.view().stateHash)
  expect(member.cuts).not.toContain(owner.peer)
  isOver = true
  await Promise.all(floods)
}, 180_000)
