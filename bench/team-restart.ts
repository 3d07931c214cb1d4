// A team of 1,000, 10,000 and 100,000 commands on disk: how long until a process that opens it knows its state, what that
// costs in memory and on disk, and how each grows; the same where the index is lost and everything is judged again.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromHex, toHex } from '../src/codec/index.ts'
import { openKeys } from '../src/keys/index.ts'
import { openStore } from '../src/store/index.ts'
import type { Command, CommandStore, Replica } from '../src/team/index.ts'
import { machineLine } from './machine.ts'
import { readerOf, takeIn } from './team-disk.ts'
import { writeTeam } from './team-source.ts'

/** Commands that come and are written together. */
const atOnce = 100

interface Opened {
  /** Until the state is known, from the start of the work; wall and CPU. */
  readonly wallMs: number
  readonly cpuMs: number
  readonly isRestored: boolean
  /** All that is resident at the end, and the most that was. */
  readonly residentBytes: number
  readonly peakBytes: number
  /** What stays on V8's heap and in its buffers, above what the process had before. */
  readonly heldBytes: number
}

async function openOnce(directory: string, teamHex: string): Promise<Opened> {
  const team = fromHex(teamHex)
  globalThis.gc?.()
  const memory = held()
  const begun = performance.now()
  const cpu = process.cpuUsage()
  const store = await openStore(directory)
  const replica = await openReplica(store.team(team), team)
  const wallMs = performance.now() - begun
  const { user, system } = process.cpuUsage(cpu)
  await store.close()
  globalThis.gc?.()
  const residentBytes = process.memoryUsage().rss
  const peakBytes = 1_024 * process.resourceUsage().maxRSS
  if (replica.graph.size === 0) throw new Error('nothing there')
  const { isRestored } = replica
  return { wallMs, cpuMs: (user + system) / 1_000, isRestored, residentBytes, peakBytes, heldBytes: held() - memory }
}

/** As a node does it; what was read is let go of. */
async function openReplica(store: CommandStore, team: Uint8Array): Promise<Replica> {
  const { commands, index } = await store.load()
  const replica = readerOf(team, commands, index)
  if (!replica.isRestored) await store.reindex(replica.index())
  replica.stateHash()
  return replica
}

function held(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

async function write(directory: string, commands: readonly Command[], some: number): Promise<number> {
  const store = await openStore(directory)
  await takeIn(store.team(commands[0]!.id), commands, some)
  await store.close()
  return sizeOf(directory)
}

function sizeOf(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
}

/** Forgets the index: the same commands, written without it. */
async function writeBare(directory: string, commands: readonly Command[]): Promise<void> {
  const store = await openStore(directory)
  const team = store.team(commands[0]!.id)
  await team.load()
  for (let at = 0; at < commands.length; at += atOnce) await team.append(commands.slice(at, at + atOnce))
  await store.close()
}

/** By which power of the count it grew. */
function exponent(before: number, after: number, times: number): string {
  return (Math.log(after / before) / Math.log(times)).toFixed(2)
}

function openThrice(directory: string, teamHex: string): Opened {
  const words = ['--expose-gc', fileURLToPath(import.meta.url), 'open', directory, teamHex]
  const runs = Array.from({ length: 3 }, () => spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout)
  const [, median] = runs.map((text) => JSON.parse(text) as Opened).sort((a, b) => a.cpuMs - b.cpuMs)
  return median!
}

function say(what: string, count: number, opened: Opened, disk?: number): void {
  const mebi = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MiB`
  const parts = [
    `${opened.cpuMs.toFixed(0)} ms of CPU, ${opened.wallMs.toFixed(0)} ms`,
    `held ${mebi(opened.heldBytes)} (${(opened.heldBytes / count).toFixed(0)} B each)`,
    `whole process ${mebi(opened.residentBytes)}, at most ${mebi(opened.peakBytes)}`,
    ...(disk === undefined ? [] : [`on disk ${mebi(disk)} (${(disk / count).toFixed(0)} B each)`]),
  ]
  console.log(`${count} commands, ${what}: ${parts.join('; ')}`)
}

async function measureAll(): Promise<void> {
  console.log('# team-restart: a team on disk until its state is known')
  console.log(machineLine())
  const most = Number(process.env['BENCH_COMMANDS'] ?? 100_000)
  const commands = writeTeam(await openKeys(), most)
  const teamHex = toHex(commands[0]!.id)
  const rows: (Opened & { readonly count: number; readonly disk: number })[] = []
  for (const count of [most / 100, most / 10, most]) {
    const directory = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
    const disk = await write(directory, commands.slice(0, count), atOnce)
    const opened = openThrice(directory, teamHex)
    if (!opened.isRestored) throw new Error('the index did not serve')
    rmSync(directory, { recursive: true })
    rows.push({ ...opened, count, disk })
    say('with index', count, opened, disk)
  }
  const scattered = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
  await write(scattered, commands.slice(0, most / 10), 1)
  say('with index, written one by one', most / 10, openThrice(scattered, teamHex), sizeOf(scattered))
  rmSync(scattered, { recursive: true })
  const bare = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
  await writeBare(bare, commands)
  const words = ['--expose-gc', fileURLToPath(import.meta.url), 'open', bare, teamHex]
  // Once: it writes the index.
  say('judged again', most, JSON.parse(spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout) as Opened)
  rmSync(bare, { recursive: true })
  const [first, middle, last] = rows
  for (const [from, to] of [
    [first, middle],
    [middle, last],
  ])
    if (from !== undefined && to !== undefined)
      console.log(
        `growth from ${from.count} to ${to.count}, as a power of the count: CPU ${exponent(from.cpuMs, to.cpuMs, 10)}, memory held ${exponent(from.heldBytes, to.heldBytes, 10)}, disk ${exponent(from.disk, to.disk, 10)}`,
      )
}

const [, , mode, directory, teamHex] = process.argv
if (mode === 'open' && directory !== undefined && teamHex !== undefined)
  console.log(JSON.stringify(await openOnce(directory, teamHex)))
else await measureAll()
