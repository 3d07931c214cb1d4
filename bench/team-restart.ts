// A team of 1,000, 10,000 and 100,000 commands on disk: how long until a process that opens it knows its state, what that
// costs in memory and on disk, and how each grows.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromHex, toHex } from '../src/codec/index.ts'
import { openKeys } from '../src/keys/index.ts'
import { openStore } from '../src/store/index.ts'
import { Replica, type Command } from '../src/team/index.ts'
import { machineLine } from './machine.ts'
import { writeTeam } from './team-source.ts'

interface Opened {
  /** Until the state is known, from the start of the work; wall and CPU. */
  readonly wallMs: number
  readonly cpuMs: number
  /** Resident above what the process had before; and the part of it that stays on V8's heap and in its buffers. */
  readonly residentBytes: number
  readonly heldBytes: number
}

async function openOnce(directory: string, teamHex: string): Promise<Opened> {
  const team = fromHex(teamHex)
  globalThis.gc?.()
  const [rss, memory] = [process.memoryUsage().rss, held()]
  const begun = performance.now()
  const cpu = process.cpuUsage()
  const store = await openStore(directory)
  const { commands } = await store.team(team).load()
  const random = { bytes: (size: number) => new Uint8Array(size) }
  const sign = (): Uint8Array => new Uint8Array(64)
  const replica = new Replica(
    { team, device: new Uint8Array(32), signingKey: new Uint8Array(32), sign, random },
    commands,
  )
  replica.stateHash()
  const wallMs = performance.now() - begun
  const { user, system } = process.cpuUsage(cpu)
  const residentBytes = process.memoryUsage().rss - rss
  await store.close()
  globalThis.gc?.()
  if (replica.graph.nodes.length === 0) throw new Error('nothing there')
  return { wallMs, cpuMs: (user + system) / 1_000, residentBytes, heldBytes: held() - memory }
}

function held(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

async function write(directory: string, commands: readonly Command[]): Promise<number> {
  const store = await openStore(directory)
  const team = store.team(commands[0]!.id)
  await team.load()
  for (let at = 0; at < commands.length; at += 100) await team.append(commands.slice(at, at + 100))
  await store.close()
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
}

/** By which power of the count it grew. */
function exponent(before: number, after: number, times: number): string {
  return (Math.log(after / before) / Math.log(times)).toFixed(2)
}

async function measureAll(): Promise<void> {
  console.log('# team-restart: a team on disk until its state is known')
  console.log(machineLine())
  const most = Number(process.env['BENCH_COMMANDS'] ?? 100_000)
  const commands = writeTeam(await openKeys(), most)
  const rows: (Opened & { readonly count: number; readonly disk: number })[] = []
  for (const count of [most / 100, most / 10, most]) {
    const directory = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
    const disk = await write(directory, commands.slice(0, count))
    const words = ['--expose-gc', fileURLToPath(import.meta.url), 'open', directory, toHex(commands[0]!.id)]
    const runs = Array.from({ length: 3 }, () => spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout)
    const opened = runs.map((text) => JSON.parse(text) as Opened).sort((a, b) => a.cpuMs - b.cpuMs)
    rmSync(directory, { recursive: true })
    const row = { ...opened[1]!, count, disk }
    rows.push(row)
    const each = (bytes: number): string =>
      `${(bytes / 1_048_576).toFixed(1)} MiB (${(bytes / count).toFixed(0)} B each)`
    console.log(
      `${count} commands: ${row.cpuMs.toFixed(0)} ms of CPU, ${row.wallMs.toFixed(0)} ms; held ${each(row.heldBytes)}, resident ${each(row.residentBytes)}; on disk ${each(disk)}`,
    )
  }
  const [, middle, last] = rows
  if (middle !== undefined && last !== undefined)
    console.log(
      `growth from ${middle.count} to ${last.count}, as a power of the count: CPU ${exponent(middle.cpuMs, last.cpuMs, 10)}, memory ${exponent(middle.heldBytes, last.heldBytes, 10)}, disk ${exponent(middle.disk, last.disk, 10)}`,
    )
}

const [, , mode, directory, teamHex] = process.argv
if (mode === 'open' && directory !== undefined && teamHex !== undefined)
  console.log(JSON.stringify(await openOnce(directory, teamHex)))
else await measureAll()
