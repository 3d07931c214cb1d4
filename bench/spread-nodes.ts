// What team-spread compares: nodes of ours and stock gossipsub, all in this process, on the same transport stack (TCP on
// loopback, our swarm-key layer, noise, yamux), every node connected to every other.
import { Socket } from 'node:net'
import { join } from 'node:path'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { generateSwarmKey, openKeys, systemRandom } from '../src/keys/index.ts'
import { memoryStore, openStore } from '../src/store/index.ts'
import { createKeyRing, createProtector } from '../src/swarm/index.ts'
import { Replica, type ReplicaEvent } from '../src/team/index.ts'
import { eventually } from '../test/helpers/swarm-nodes.ts'
import { createTeamCast, type TeamNode } from '../test/helpers/team-nodes.ts'

/** One side of the comparison. */
export interface Side {
  readonly name: string
  /** The author says something that nobody knows; resolves where the author is told that it is done. */
  say(): Promise<void>
  /** Resolves when all others have it. */
  heard(): Promise<void>
  /** Messages that came to a node, and those of them that it had already. */
  readonly came: { messages: number; known: number }
}

export interface OurSide extends Side {
  readonly nodes: readonly TeamNode[]
  /** Bytes of the commands that are made. */
  readonly commandBytes: number
  /** Frames that came, by their names. */
  readonly frames: Map<string, number>
  /** From now on what is pushed or announced is thrown away where it comes in: sync alone remains. */
  deafen(): void
  stop(): Promise<void>
}

/** Pings of some hundred connections come in bursts, and would be most of what an idle process does: neither side pings. */
const neverMs = 3_600_000

/** Resolves once so many have been counted. */
class Arrivals {
  #count = 0
  #wanted = 0
  #tell: () => void = () => undefined

  add(): void {
    if (++this.#count === this.#wanted) this.#tell()
  }

  /** From now on. */
  more(count: number): Promise<void> {
    this.#wanted = this.#count + count
    return new Promise((resolve) => {
      this.#tell = resolve
    })
  }
}

/** Bytes and writes that sockets of this process were given. */
export const written = { bytes: 0, writes: 0 }

/** Counts what every socket of this process writes. */
export function countWrites(): void {
  const write = Socket.prototype.write as (this: Socket, chunk: Uint8Array, ...rest: unknown[]) => boolean
  Socket.prototype.write = function (this: Socket, chunk: Uint8Array, ...rest: unknown[]): boolean {
    written.bytes += chunk.length
    written.writes++
    return write.call(this, chunk, ...rest)
  }
}

/** Frames that replicas of this process are given, by name; and how many commands were pushed that were known. */
function countFrames() {
  const counted = { frames: new Map<string, number>(), came: { messages: 0, known: 0 }, isDeaf: false }
  const { step } = Replica.prototype
  Replica.prototype.step = function (event: ReplicaEvent) {
    if (event.kind !== 'frame') return step.call(this, event)
    const { t } = event.frame
    const name = typeof t === 'string' ? t : ''
    if (counted.isDeaf && (name === 'push' || name === 'announce')) return []
    counted.frames.set(name, (counted.frames.get(name) ?? 0) + 1)
    const before = this.graph.nodes.length
    const effects = step.call(this, event)
    if (name === 'push') {
      counted.came.messages++
      const isTaken = this.graph.nodes.length > before || effects.some(({ kind }) => kind === 'verify')
      if (!isTaken) counted.came.known++
    }
    return effects
  }
  return counted
}

/** With their stores in this directory; without one in memory, where nothing is written. */
export async function ourSide(size: number, directory: string | undefined): Promise<OurSide> {
  const counted = countFrames()
  const cast = await createTeamCast()
  const stored = new Arrivals()
  const nodes: TeamNode[] = []
  for (let n = 0; n < size; n++) {
    const store = directory === undefined ? memoryStore() : await openStore(join(directory, String(n)))
    const onTeamEvent = (_: string, event: string): void => {
      if (event === 'commands' && n > 0) stored.add()
    }
    nodes.push(await cast.node({ store, onTeamEvent, isWatched: false, isExemptSource: () => true, pingMs: neverMs }))
  }
  const [owner, ...others] = nodes as [TeamNode, ...TeamNode[]]
  await owner.teams.createTeam('bench', 'owner')
  const { id } = owner.teams.view()
  for (const [n, node] of others.entries())
    await owner.teams.author(undefined, { kind: 'AddDevice', bundle: node.teams.device.bundle, name: `node ${n}` })
  for (const node of others) {
    await node.teams.addTeam(id)
    await node.teams.syncPeers.add(owner.address(), id, 3_600)
  }
  for (const [n, node] of nodes.entries())
    for (const other of nodes.slice(n + 1)) await node.swarm.connect(other.address()).catch(() => undefined)
  const isWhole = (): boolean => nodes.every(({ teams }) => teams.linkedPeers().length === size - 1)
  await eventually(isWhole, 'all linked', 120_000)
  await eventually(() => new Set(nodes.map(({ teams }) => teams.view().count)).size === 1, 'in step', 60_000)
  const { device } = owner.teams.resolveDevice(undefined, 'node 0')
  let isUser = true
  let all: Promise<void> = Promise.resolve()
  return {
    name: 'ours',
    nodes,
    get commandBytes() {
      return owner.teams.replica().graph.nodes.at(-1)?.command.bytes.length ?? 0
    },
    frames: counted.frames,
    came: counted.came,
    deafen() {
      counted.isDeaf = true
    },
    async say() {
      all = stored.more(size - 1)
      isUser = !isUser
      const intent = { kind: 'AssignRole', device, role: isUser ? 'user' : 'admin' } as const
      const made = await owner.teams.author(undefined, intent)
      if ('code' in made) throw new Error(made.code)
    },
    heard: () => all,
    stop: () => cast.stopAll(),
  }
}

/** More than ten nodes on one address would be held for an attack, and shut out. */
const oneAddress = new Set(['127.0.0.1'])

/** Stock gossipsub with what it does unless told otherwise: it signs, verifies, and floods what it publishes itself. */
export async function stockSide(size: number, bytes: number): Promise<Side & { stop(): Promise<void> }> {
  const keys = await openKeys()
  const key = generateSwarmKey(systemRandom)
  const nodes = await Promise.all(
    Array.from({ length: size }, () =>
      createLibp2p({
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
        transports: [tcp()],
        connectionProtector: createProtector({ keys, random: systemRandom }, createKeyRing([key])),
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        connectionMonitor: { enabled: false },
        connectionManager: { inboundConnectionThreshold: 1_000_000, maxIncomingPendingConnections: 1_000 },
        services: {
          identify: identify(),
          pubsub: gossipsub({ scoreParams: { IPColocationFactorWhitelist: oneAddress } }),
        },
      }),
    ),
  )
  const received = new Arrivals()
  const came = { messages: 0, known: 0 }
  for (const { services } of nodes) {
    services.pubsub.subscribe('bench')
    services.pubsub.addEventListener('message', () => {
      came.known--
      received.add()
    })
    // It says nowhere how many came that it knew.
    const inner = services.pubsub as unknown as { handleReceivedMessage: (...words: unknown[]) => Promise<void> }
    const handle = inner.handleReceivedMessage.bind(inner)
    inner.handleReceivedMessage = (...words) => {
      came.messages++
      came.known++
      return handle(...words)
    }
  }
  for (const [n, node] of nodes.entries())
    for (const other of nodes.slice(n + 1))
      await eventually(
        () =>
          node.dial(other.getMultiaddrs()).then(
            () => true,
            () => false,
          ),
        'connected',
        60_000,
      )
  const known = (): number[] => nodes.map(({ services }) => services.pubsub.getSubscribers('bench').length)
  await eventually(() => known().every((count) => count === size - 1), 'everybody subscribed', 60_000).catch(() => {
    console.error(`stock: subscribers known: ${known().join(' ')}`)
  })
  const [author] = nodes
  let all: Promise<void> = Promise.resolve()
  return {
    name: 'stock gossipsub',
    came,
    async say() {
      all = received.more(size - 1)
      const data = systemRandom.bytes(bytes)
      await author?.services.pubsub.publish('bench', data)
    },
    heard: () => all,
    async stop() {
      await Promise.allSettled(nodes.map(async (node) => node.stop()))
    },
  }
}
