/**
 * The whole catalogue on real processes in networks of their own, split and healed: which lines could be played, what was
 * found, and how long it took from the healed network to one state on all. Root and `ip` are needed.
 */
import { readFileSync } from 'node:fs'
import { readScenarios, type Scenario } from '../test/law/notation.ts'
import { Cast } from '../test/partitions/cast.ts'
import { whyNotDrivable } from '../test/partitions/drivable.ts'
import { canPartition } from '../test/partitions/network.ts'
import { play, type Played } from '../test/partitions/play.ts'

const asked = process.env['HYRAX_PARTITIONS'] ?? 'all'
const { scenarios, elsewhere } = readScenarios(readFileSync('test/law/scenarios.txt', 'utf8'))
const rows = scenarios.filter(({ id }) => id.startsWith('T') && (asked === 'all' || asked.split(',').includes(id)))

async function playAll(): Promise<void> {
  const cast = new Cast('bench')
  const played: { readonly id: string; readonly result: Played }[] = []
  const left = new Map<string, string[]>()
  try {
    for (const scenario of rows) {
      const why = whyNotDrivable(scenario)
      if (why === undefined) played.push({ id: scenario.id, result: await one(cast, scenario) })
      else left.set(why, [...(left.get(why) ?? []), scenario.id])
    }
  } finally {
    await cast.end()
  }
  print(played, left)
}

async function one(cast: Cast, scenario: Scenario): Promise<Played> {
  let result: Played
  try {
    result = await play(scenario, cast.country, await cast.lease(scenario))
  } catch (error) {
    cast.country.network.heal()
    result = { faults: [(error as Error).message], processes: 0, commands: 0, agreedMs: 0 }
  }
  process.stderr.write(`${scenario.id} ${String(result.agreedMs)} ms ${result.faults.join('; ')}\n`)
  return result
}

function print(played: readonly { id: string; result: Played }[], left: ReadonlyMap<string, string[]>): void {
  const good = played.filter(({ result }) => result.faults.length === 0)
  const times = good.map(({ result }) => result.agreedMs).sort((a, b) => a - b)
  const at = (part: number): string => String(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0)
  console.log('# Partitions: the catalogue on real processes')
  console.log(`lines played ${String(played.length)}, as the catalogue says ${String(good.length)}`)
  console.log(`healed network to one state on all: median ${at(0.5)} ms, p90 ${at(0.9)} ms, longest ${at(1)} ms`)
  for (const { id, result } of played) if (result.faults.length > 0) console.log(`  ${id}: ${result.faults.join('; ')}`)
  for (const [why, ids] of left) console.log(`not played, ${why}: ${ids.join(' ')}`)
  console.log(`of later parts: ${elsewhere.map(({ id }) => id).join(' ')}`)
  if (good.length < played.length) process.exitCode = 1
}

if (canPartition()) await playAll()
else console.log('# Partitions: not measured, this machine makes no network namespaces')
