// `axd` with a team of 100,000 commands on its disk against `axd` without one: time until it is ready, resident memory
// then, and the most that was resident on the way.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeCbor, toHex } from '../src/codec/index.ts'
import { openKeys } from '../src/keys/index.ts'
import { openStore } from '../src/store/index.ts'
import { machineLine } from './machine.ts'
import { writeTeam } from './team-source.ts'
import { takeIn } from './team-disk.ts'

const daemon = join(process.cwd(), 'bin', 'axd.cjs')
const rounds = 5

interface Start {
  readonly readyMs: number
  /** CPU of all its threads until then. */
  readonly cpuMs: number
  readonly residentMiB: number
  readonly peakMiB: number
}

async function start(directory: string): Promise<Start> {
  const words = ['--bind-swarm', '127.0.0.1:0', '--bind-admin', '127.0.0.1:0', '--bind-api', 'off']
  const begun = performance.now()
  const child = spawn(process.execPath, [daemon, '--data-dir', directory, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const readyMs = await new Promise<number>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (some: Buffer) => {
      said += some.toString()
      if (said.includes('Ready.')) resolve(performance.now() - begun)
    })
    child.once('exit', () => {
      reject(new Error(said))
    })
  })
  const cpuMs = cpuOf(child.pid)
  const memory = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status(child.pid))?.[1]) / 1_024
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  const found = { readyMs, cpuMs, residentMiB: memory('VmRSS'), peakMiB: memory('VmHWM') }
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  await ended
  return found
}

/** In steps of 10 ms, as the kernel counts. */
function cpuOf(pid: number | undefined): number {
  const fields =
    readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? []
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

function status(pid: number | undefined): string {
  return readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')
}

async function measure(name: string, directory: string): Promise<void> {
  const starts: Start[] = []
  for (let round = 0; round < rounds; round++) starts.push(await start(directory))
  const median = (pick: (start: Start) => number): string =>
    starts
      .map(pick)
      .sort((a, b) => a - b)
      [rounds >> 1]!.toFixed(0)
  console.log(
    `${name.padEnd(22)} ready after ${median((one) => one.readyMs).padStart(5)} ms, ${median((one) => one.cpuMs)} ms of CPU; resident ${median((one) => one.residentMiB)} MiB, at most ${median((one) => one.peakMiB)} MiB`,
  )
}

console.log('# team-axd: axd with a large team on its disk')
console.log(machineLine())
const count = Number(process.env['BENCH_COMMANDS'] ?? 100_000)
const directory = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
const { status: code, stderr } = spawnSync(process.execPath, [daemon, 'init', '--data-dir', directory], {
  encoding: 'utf8',
})
if (code !== 0) throw new Error(stderr)
await measure('without a team', directory)
const commands = writeTeam(await openKeys(), count)
const store = await openStore(join(directory, 'store'))
await takeIn(store.team(commands[0]!.id), commands, 100)
await store.meta.put(`team/${toHex(commands[0]!.id)}`, encodeCbor({ v: 1 }))
await store.close()
await measure(`${count} commands`, directory)
rmSync(directory, { recursive: true })
