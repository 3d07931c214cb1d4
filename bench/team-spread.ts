// One author, 20 nodes, all connected: from the author's call until all others have it on disk (push), until all have it
// where pushes are lost (sync), until a node that was away has it, and CPU per delivery; against stock gossipsub among as
// many nodes on the same transport stack, which sign and verify too and write nothing. All nodes live in this one process,
// so its CPU is that of all of them. Both are asked in turn, block by block, with quiet before each command.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../test/helpers/swarm-nodes.ts'
import { machineLine, median, quantile } from './machine.ts'
import { countWrites, ourSide, stockSide, written, type OurSide, type Side } from './spread-nodes.ts'

const size = Number(process.env['BENCH_NODES'] ?? 20)
const blocks = Number(process.env['BENCH_BLOCKS'] ?? 8)
/** Set: our nodes write nothing either. What the disk takes is then left out, and sync is not measured. */
const isInMemory = process.env['BENCH_MEMORY'] === '1'
const roundsPerBlock = 20
const warmUpRounds = 300
const pauseMs = 250
const settleMs = 4_000
const idleMs = 3_000
/** What a command of ours has beyond what its author says: gossipsub adds a signature, too. */
const signatureBytes = 64

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** What all rounds of one side took together. */
interface Account {
  readonly ms: number[]
  cpuMs: number
  clockMs: number
  bytes: number
  writes: number
  messages: number
  known: number
}

function emptyAccount(): Account {
  return { ms: [], cpuMs: 0, clockMs: 0, bytes: 0, writes: 0, messages: 0, known: 0 }
}

function usedMs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1_000
}

/** Books what the process uses while `work` runs. */
async function booked(account: Account, side: Side | undefined, work: () => Promise<void>): Promise<void> {
  const [cpu, begun, { bytes, writes }] = [process.cpuUsage(), performance.now(), { ...written }]
  const came = { messages: 0, known: 0, ...side?.came }
  await work()
  account.cpuMs += usedMs(cpu)
  account.clockMs += performance.now() - begun
  account.bytes += written.bytes - bytes
  account.writes += written.writes - writes
  account.messages += (side?.came.messages ?? 0) - came.messages
  account.known += (side?.came.known ?? 0) - came.known
}

async function block(account: Account, side: Side): Promise<void> {
  await booked(account, side, async () => {
    for (let round = 0; round < roundsPerBlock; round++) {
      const begun = performance.now()
      await side.say()
      await side.heard()
      account.ms.push(performance.now() - begun)
      await pause(pauseMs)
    }
    // What follows from the last ones belongs to them, too.
    await pause(settleMs)
  })
}

/** Until what runs is compiled, which takes some thousand deliveries; slowly enough for what one author may push. */
async function warmUp(side: Side): Promise<void> {
  for (let round = 0; round < warmUpRounds; round++) {
    await side.say()
    await side.heard()
    await pause(60)
  }
}

/** A figure per delivery, above what the idle process uses. */
function perDelivery(account: Account, idle: Account, of: 'cpuMs' | 'bytes' | 'writes'): number {
  const used = account[of] - (idle[of] / idle.clockMs) * account.clockMs
  return used / (account.ms.length * (size - 1))
}

function line(name: string, account: Account, idle: Account): string {
  const { ms, messages, known } = account
  const deliveries = ms.length * (size - 1)
  const cpu = `CPU ${perDelivery(account, idle, 'cpuMs').toFixed(3)} ms`
  const wire = `${perDelivery(account, idle, 'writes').toFixed(1)} writes, ${perDelivery(account, idle, 'bytes').toFixed(0)} bytes`
  const copies = `${(messages / deliveries).toFixed(2)} messages (${(known / deliveries).toFixed(2)} known already)`
  return `${name.padEnd(15)}: to all of ${size}: ${timesOf(ms)}; a delivery: ${cpu}, ${wire}, ${copies}`
}

/** A node that was away comes back and has what was said meanwhile. */
async function comingBack({ nodes, say }: OurSide): Promise<number[]> {
  const [owner, other] = nodes
  const last = nodes.at(-1)
  const ms: number[] = []
  for (let round = 0; round < 20; round++) {
    await Promise.allSettled(nodes.slice(0, -1).map(async ({ peer }) => last?.swarm.disconnect(peer)))
    await eventually(() => last?.teams.linkedPeers().length === 0, 'away', 60_000)
    await say()
    const begun = performance.now()
    await last?.swarm.connect(other?.address() ?? '').catch(() => undefined)
    const isBack = (): boolean => last?.teams.view().count === owner?.teams.view().count
    await eventually(isBack, 'back', 60_000)
    ms.push(performance.now() - begun)
  }
  return ms
}

/** Sync alone, and a node that comes back. */
async function sync(): Promise<void> {
  ours.deafen()
  const bySync = emptyAccount()
  await block(bySync, ours)
  const isLost = 'where every push and announcement is lost'
  console.log(`ours, sync     : to all of ${size} ${isLost}: ${timesOf(bySync.ms)}`)
  console.log(`ours, coming back: a node that was away has it after it dials: ${timesOf(await comingBack(ours))}`)
}

function timesOf(ms: readonly number[]): string {
  return `median ${median(ms).toFixed(1)} ms, p99 ${quantile(ms, 0.99).toFixed(1)}`
}

console.log(
  `# team-spread: author to all of ${size} nodes, push and sync, against stock gossipsub${isInMemory ? ', stores in memory' : ''}`,
)
console.log(machineLine())
countWrites()
const directory = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
const ours = await ourSide(size, isInMemory ? undefined : directory)
const stock = await stockSide(size, ours.commandBytes - signatureBytes)
const accounts = { ours: emptyAccount(), stock: emptyAccount(), idle: emptyAccount() }
for (const side of [ours, stock]) await warmUp(side)
ours.frames.clear()
for (let i = 0; i < blocks; i++) {
  // Before each, so that what trails after the other is neither's.
  await booked(accounts.idle, undefined, () => pause(idleMs))
  await block(accounts.ours, ours)
  await booked(accounts.idle, undefined, () => pause(idleMs))
  await block(accounts.stock, stock)
}
const frames = [...ours.frames].map(([name, count]) => [name, count / (blocks * roundsPerBlock * (size - 1))] as const)
console.log(line('ours, push', accounts.ours, accounts.idle))
console.log(line('stock gossipsub', accounts.stock, accounts.idle))
console.log(`frames of ours : a delivery: ${frames.map(([name, count]) => `${name} ${count.toFixed(2)}`).join(', ')}`)
const { cpuMs, writes, clockMs } = accounts.idle
const perSecond = (value: number): string => ((value / clockMs) * 1_000).toFixed(0)
console.log(`idle           : ${perSecond(cpuMs)} ms of CPU and ${perSecond(writes)} writes a second, taken off both`)
const ratio = (part: (account: Account) => number): string => (part(accounts.ours) / part(accounts.stock)).toFixed(2)
const cpuOf = (account: Account): number => perDelivery(account, accounts.idle, 'cpuMs')
console.log(
  `ratio ours / stock: median ${ratio(({ ms }) => median(ms))}, p99 ${ratio(({ ms }) => quantile(ms, 0.99))}, CPU a delivery ${ratio(cpuOf)}`,
)
await stock.stop()

if (!isInMemory) await sync()
await ours.stop()
rmSync(directory, { recursive: true, force: true })
process.exit(0)
