// What a new epoch for a large team costs the node that makes it: the longest turn of the event loop while a device is
// removed and the epoch key rotates with it, and the work in all. One process, no disk, no peers.
import { silentLog } from '../src/base/index.ts'
import { generateBoxKey, openKeys, systemRandom } from '../src/keys/index.ts'
import { createTeams } from '../src/node/effects/team.ts'
import { ownBundle } from '../src/node/effects/own-author.ts'
import { memoryStore } from '../src/store/index.ts'
import { memoryOwnKeys } from '../test/helpers/key-ring.ts'
import { realClock } from '../test/helpers/swarm-nodes.ts'
import { machineLine, median } from './machine.ts'

const devices = 512
const rounds = 9

console.log(`# epoch-rotation: one of ${devices} devices is removed, and the epoch key rotates`)
console.log(machineLine())

const keys = await openKeys()
const teams = await createTeams({
  keys,
  own: memoryOwnKeys(),
  store: memoryStore(),
  clock: realClock,
  random: systemRandom,
  log: silentLog,
  events: { emit: () => undefined, isWatched: () => false },
  cut: (peers) => ({ peers, ms: 0 }),
})
await teams.createTeam('herd', 'owner')

let made = 0
async function add(): Promise<void> {
  const name = `device-${String(made++)}`
  const outcome = await teams.author(undefined, {
    kind: 'AddDevice',
    bundle: ownBundle(keys, memoryOwnKeys()),
    name,
    role: 'user',
  })
  if ('code' in outcome) throw new Error(outcome.code)
}
while (made < devices - 1 + rounds) await add()

/** Runs it and gives the longest turn of the loop meanwhile, and CPU in all, ms. Turns are told apart by setImmediate. */
async function watched(run: () => Promise<unknown>): Promise<{ longest: number; cpu: number }> {
  let longest = 0
  let isOver = false
  let before = performance.now()
  const look = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - before)
    before = now
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  await new Promise((resolve) => setImmediate(resolve))
  const started = process.cpuUsage()
  await run()
  const { user } = process.cpuUsage(started)
  await new Promise((resolve) => setImmediate(resolve))
  isOver = true
  return { longest, cpu: user / 1_000 }
}

async function measure(name: string, run: (round: number) => Promise<unknown>): Promise<void> {
  const seen = []
  for (let round = 0; round < rounds; round++) {
    // What is made ready meanwhile is made ready in a real node, too: rotations are rare.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    seen.push(await watched(() => run(round)))
  }
  const longest = seen.map((one) => one.longest)
  console.log(
    `${name.padEnd(28)} longest turn ${median(longest).toFixed(1)} ms median, ${Math.min(...longest).toFixed(1)} least;` +
      ` CPU ${median(seen.map(({ cpu }) => cpu)).toFixed(1)} ms`,
  )
}

const one = new Uint8Array(32).fill(1)
const { publicKey } = generateBoxKey(systemRandom)
const bare = process.cpuUsage()
for (let box = 0; box < devices; box++) keys.sealTo(publicKey, one, systemRandom)
console.log(`${'boxes alone, all at once'.padEnd(28)} ${(process.cpuUsage(bare).user / 1_000).toFixed(1)} ms CPU`)
await measure('rotate', async () => teams.rotateKey(undefined))
await measure('remove a device and rotate', async (round) => {
  const device = teams.resolveDevice(undefined, `device-${String(round)}`).device
  return teams.author(undefined, { kind: 'RemoveDevice', device })
})
teams.stop()
process.exit(0)
