// One author, 20 real nodes on loopback sockets, all connected: from the author's call until all others have it on disk
// (push), until a node that was away has it (sync), and CPU per delivery; against stock gossipsub among 20 stock nodes,
// which sign and verify too and write nothing, in the same run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { openStore } from '../src/store/index.ts'
import { createTeamCast, type TeamNode } from '../test/helpers/team-nodes.ts'
import { eventually } from '../test/helpers/swarm-nodes.ts'
import { machineLine, median, quantile } from './machine.ts'

const size = Number(process.env['BENCH_NODES'] ?? 20)
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 100)
const pauseMs = 50

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Times of the rounds, and CPU in ms per delivery above what an idle process uses. */
interface Spread {
  readonly ms: readonly number[]
  readonly cpuMs: number
}

/** Counts deliveries, and tells when enough have come. */
class Arrivals {
  #count = 0
  #wanted = Infinity
  #tell: () => void = () => undefined

  add(): void {
    if (++this.#count === this.#wanted) this.#tell()
  }

  more(count: number): Promise<void> {
    this.#wanted = this.#count + count
    return new Promise((resolve) => {
      this.#tell = resolve
    })
  }
}

async function spread(say: (round: number) => Promise<unknown>, arrivals: Arrivals, idle: number): Promise<Spread> {
  const ms: number[] = []
  const cpu = process.cpuUsage()
  const start = performance.now()
  for (let round = 0; round < rounds; round++) {
    const all = arrivals.more(size - 1)
    const begun = performance.now()
    await Promise.all([say(round), all])
    ms.push(performance.now() - begun)
    await pause(pauseMs)
  }
  const { user, system } = process.cpuUsage(cpu)
  const used = (user + system) / 1_000 - idle * (performance.now() - start)
  return { ms, cpuMs: used / (rounds * (size - 1)) }
}

/** CPU per ms of the clock when nobody says anything. */
async function idleCpu(): Promise<number> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await pause(3_000)
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / 1_000 / (performance.now() - start)
}

function line(name: string, { ms, cpuMs }: Spread): string {
  return `${name}: to all of ${size}: median ${median(ms).toFixed(1)} ms, p99 ${quantile(ms, 0.99).toFixed(1)} ms; CPU ${cpuMs.toFixed(2)} ms a delivery`
}

async function ourNodes(directory: string, onStored: (node: number, count: number) => void) {
  const cast = await createTeamCast()
  const nodes: TeamNode[] = []
  for (let n = 0; n < size; n++) {
    const store = await openStore(join(directory, String(n)))
    const onTeamEvent = (_: string, event: string, data: Record<string, unknown>): void => {
      if (event === 'commands') onStored(n, data['count'] as number)
    }
    nodes.push(await cast.node({ store, onTeamEvent, isExemptSource: () => true }))
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
  return { cast, nodes, owner }
}

async function stockNodes(onMessage: () => void) {
  const nodes = await Promise.all(
    Array.from({ length: size }, () =>
      createLibp2p({
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        connectionManager: { inboundConnectionThreshold: 1_000_000, maxIncomingPendingConnections: 1_000 },
        services: { identify: identify(), pubsub: gossipsub() },
      }),
    ),
  )
  for (const node of nodes) {
    node.services.pubsub.subscribe('bench')
    node.services.pubsub.addEventListener('message', onMessage)
  }
  for (const [n, node] of nodes.entries())
    for (const other of nodes.slice(n + 1)) await node.dial(other.getMultiaddrs())
  const known = (node: (typeof nodes)[number]): number => node.services.pubsub.getSubscribers('bench').length
  const [author] = nodes
  await eventually(() => known(author!) === size - 1 && nodes.every((node) => known(node) >= size / 2), 'mesh', 180_000)
  // Its mesh is made by heartbeats.
  await pause(5_000)
  return nodes
}

console.log(`# team-spread: author to all of ${size} nodes, push and sync, against stock gossipsub`)
console.log(machineLine())
const directory = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
const [stored, received] = [new Arrivals(), new Arrivals()]
const ours = await ourNodes(directory, (node) => {
  if (node > 0) stored.add()
})
const stock = await stockNodes(() => {
  received.add()
})
const { owner, nodes } = ours
const { device } = owner.teams.resolveDevice(undefined, 'node 0')
let isUser = true
async function command(): Promise<void> {
  isUser = !isUser
  const made = await owner.teams.author(undefined, { kind: 'AssignRole', device, role: isUser ? 'user' : 'admin' })
  if ('code' in made) throw new Error(made.code)
}
const publish = (): Promise<unknown> => stock[0]!.services.pubsub.publish('bench', new Uint8Array(400))
for (let i = 0; i < 5; i++) {
  await command()
  await publish()
  await pause(200)
}
const idle = await idleCpu()
const push = await spread(command, stored, idle)
const gossip = await spread(publish, received, idle)
console.log(line('ours, push     ', push))
console.log(line('stock gossipsub', gossip))

const away: number[] = []
const last = nodes.at(-1)!
for (let round = 0; round < Math.min(20, rounds); round++) {
  for (const node of nodes.slice(0, -1)) await last.swarm.disconnect(node.peer).catch(() => undefined)
  await eventually(() => last.teams.linkedPeers().length === 0, 'away', 60_000)
  await command()
  const begun = performance.now()
  await last.swarm.connect(nodes[1]!.address()).catch(() => undefined)
  await eventually(() => last.teams.view().count === owner.teams.view().count, 'back', 60_000)
  away.push(performance.now() - begun)
}
console.log(
  `ours, sync     : a node that was away has it ${median(away).toFixed(0)} ms after it dials, p99 ${quantile(away, 0.99).toFixed(0)} ms`,
)
const ratio = (part: (spread: Spread) => number): string => (part(push) / part(gossip)).toFixed(2)
console.log(
  `ratio ours / stock: median ${ratio(({ ms }) => median(ms))}, p99 ${ratio(({ ms }) => quantile(ms, 0.99))}, CPU a delivery ${ratio(({ cpuMs }) => cpuMs)}`,
)
await Promise.allSettled(stock.map(async (node) => node.stop()))
await ours.cast.stopAll()
rmSync(directory, { recursive: true, force: true })
process.exit(0)
