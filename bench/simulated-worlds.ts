// Seeds of the simulation, over all cores: how many worlds heal, how many a second, and which do not.
// --seeds=N (10000), --first=N first seed, --workers=N processes (2). Ends with 1 where a seed failed; a failed seed is
// replayed by HYRAX_SIM_SEEDS=1 HYRAX_SIM_FIRST=SEED npx vitest run test/sim/replica.test.ts.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { faultOfSeed } from '../test/sim/planted.ts'
import { machineLine } from './machine.ts'

const option = (name: string, otherwise: number): number =>
  Number(process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise)
const seeds = option('seeds', 10_000)
const first = option('first', 1)
const workers = option('workers', 2)
const part = option('part', -1)

if (part >= 0) await runPart()
else await runAll()

/** Every seed of this process's share; a line for each that failed, and the CPU that all took. */
async function runPart(): Promise<void> {
  for (let seed = first + part; seed < first + seeds; seed += workers) {
    const fault = await faultOfSeed('world', seed)
    if (fault !== undefined) console.log(`seed ${seed}: ${fault.slice(0, 200)}`)
  }
  const { user, system } = process.cpuUsage()
  console.log(`cpu ${user + system}`)
}

async function runAll(): Promise<void> {
  const begun = performance.now()
  const parts = await Promise.all(Array.from({ length: workers }, (_, index) => run(index)))
  const seconds = (performance.now() - begun) / 1_000
  const lines = parts.flatMap((text) => text.trim().split('\n'))
  const failed = lines.filter((line) => !line.startsWith('cpu ')).sort()
  const cpu =
    lines.filter((line) => line.startsWith('cpu ')).reduce((sum, line) => sum + Number(line.slice(4)), 0) / 1e6
  console.log('simulated-worlds: seeds that heal and agree, each state compared with the oracle')
  console.log(machineLine())
  console.log(`seeds ${first} to ${first + seeds - 1} in ${workers} processes: ${failed.length} failed`)
  console.log(`${seconds.toFixed(0)} s by the clock, ${(seeds / seconds).toFixed(1)} a second; ${(seeds / cpu).toFixed(1)} a second of CPU`) // prettier-ignore
  for (const line of failed) console.log(line)
  process.exitCode = failed.length === 0 ? 0 : 1
}

/** What one process printed. */
function run(index: number): Promise<string> {
  const words = [fileURLToPath(import.meta.url), `--part=${index}`, ...process.argv.slice(2)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more))
  return new Promise((resolve) =>
    child.once('close', (status) => {
      resolve(status === 0 ? text : `${text}a process ended with ${String(status)}`)
    }),
  )
}
