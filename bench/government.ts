// What a team's word takes on daemons: from RemoveNode to the cut on every node, and the longest silence at the end of a
// chain while the swarm key rotates and the old one is retired. Needs dist/ (npm run build).
import { swarmKeyFingerprint } from '../src/keys/index.ts'
import { agreed, createDaemonCast, foundTeam, meshed, type Daemon } from '../test/helpers/daemons.ts'
import { codeOf, eventually } from '../test/helpers/swarm-nodes.ts'
import { machineLine, median } from './machine.ts'

const nodes = 5
const removals = 20
const rotations = 5
const sayMs = 20
const names = ['one', 'two', 'three', 'four', 'five']

console.log(`# government: ${nodes} nodes under one team, as processes`)
console.log(machineLine())

interface Seen {
  readonly event: string
  readonly at: number
  readonly data: Readonly<Record<string, unknown>>
}

/** Everything that a daemon reports on a topic from now on. */
async function watch(daemon: Daemon, topic: 'peers' | 'team'): Promise<Seen[]> {
  const seen: Seen[] = []
  const admin = await daemon.connect()
  const read = async (): Promise<void> => {
    for await (const { event, at, data } of admin.stream('watch', { topics: [topic] }))
      seen.push({ event, at: Date.parse(at), data })
  }
  void read().catch(() => undefined)
  return seen
}

const cast = createDaemonCast()
try {
  const [first, ...others] = names.map((name) => cast.make(name)) as [Daemon, ...Daemon[]]
  await first.start()
  for (const other of others) await other.start({ peers: [first.address] })
  const daemons = [first, ...others]
  await meshed(daemons)
  const team = await foundTeam(daemons)
  for (const daemon of daemons) await daemon.call('settings.set', { scope: 'swarm/governingTeam', value: team })
  await removeAgainAndAgain(daemons, team)
  await rotateAgainAndAgain(daemons, team)
} finally {
  await cast.stopAll()
}

async function removeAgainAndAgain(daemons: readonly Daemon[], team: string): Promise<void> {
  const victim = await cast.start('victim')
  const [first] = daemons as [Daemon, ...Daemon[]]
  await first.call('permissioned.add', { entries: daemons.map(({ address }) => address), team })
  await agreed(daemons)
  for (const daemon of daemons) await daemon.call('permissioned.enable', {})
  await meshed(daemons)
  const seen = await Promise.all(daemons.map((daemon) => watch(daemon, 'peers')))
  const here: number[] = []
  const elsewhere: number[] = []
  for (let round = 0; round < removals; round++) {
    await first.call('permissioned.add', { entries: [victim.peer], team })
    await agreed(daemons)
    // They may dial each other at once; whichever stays is fine.
    for (const daemon of daemons) await codeOf(daemon.call('swarms.connect', { address: victim.address }))
    await meshed([...daemons, victim])
    for (const list of seen) list.length = 0
    const begun = Date.now()
    await first.call('permissioned.remove', { entries: [victim.peer], team })
    for (const [at, list] of seen.entries()) {
      const isGone = ({ event, data }: Seen): boolean => event === 'gone' && data['peer'] === victim.peer
      await eventually(() => list.some(isGone), `cut on ${daemons[at]?.name ?? ''}`)
      ;(at === 0 ? here : elsewhere).push((list.find(isGone)?.at ?? 0) - begun)
    }
  }
  console.log(`RemoveNode to the cut, ${removals} removals, ms from the call:`)
  console.log(`  on the node that says it: median ${median(here)}, max ${Math.max(...here)}`)
  console.log(`  on the ${nodes - 1} others: median ${median(elsewhere)}, max ${Math.max(...elsewhere)}`)
}

async function rotateAgainAndAgain(daemons: readonly Daemon[], team: string): Promise<void> {
  // A chain: each is connected with its neighbours alone. A ban does it whatever the team lists.
  for (const [at, daemon] of daemons.entries()) {
    const far = daemons.filter((_, other) => Math.abs(other - at) > 1).map(({ peer }) => peer)
    await daemon.call('permissioned.ban', { entries: far })
  }
  const [first] = daemons as [Daemon, ...Daemon[]]
  const last = daemons.at(-1) ?? first
  const admin = await first.connect()
  const heard = await watch(last, 'team')
  const over = new AbortController()
  let turn = 0
  const talk = (async () => {
    for (; !over.signal.aborted; turn++) {
      const verb = turn % 2 === 0 ? 'labels.create' : 'labels.delete'
      await admin.call(verb, { label: `n${String(Math.floor(turn / 2))}` })
      await pause(sayMs)
    }
  })()
  const silence = async (run: () => Promise<void>): Promise<number> => {
    heard.length = 0
    await run()
    await pause(1_000)
    const times = heard.filter(({ event }) => event === 'commands').map(({ at }) => at)
    return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)))
  }
  const ring = async (daemon: Daemon) =>
    (await daemon.call('swarms.show', {})).keys.map(({ fingerprint }) => fingerprint)
  const quiet: number[] = []
  const rotating: number[] = []
  const retiring: number[] = []
  let old = swarmKeyFingerprint(cast.swarmKey)
  for (let round = 0; round < rotations; round++) {
    quiet.push(await silence(() => pause(2_000)))
    rotating.push(
      await silence(async () => {
        const { fingerprint } = await first.call('swarms.rotate', { team })
        for (const daemon of daemons)
          await eventually(async () => (await ring(daemon))[0] === fingerprint, `${daemon.name} turned`)
      }),
    )
    const [fresh = ''] = await ring(first)
    retiring.push(
      await silence(async () => {
        await first.call('swarms.retire', { fingerprint: old, team })
        for (const daemon of daemons)
          await eventually(async () => (await ring(daemon)).length === 1, `${daemon.name} retired`, 60_000)
      }),
    )
    old = fresh
  }
  over.abort()
  await talk
  await admin.close()
  await agreed(daemons)
  const line = (list: readonly number[]): string => `median ${median(list)}, max ${Math.max(...list)}`
  console.log(
    `the longest silence at the end of a chain of ${nodes}, a command every ${sayMs} ms, ${rotations} times, ms:`,
  )
  console.log(`  with nothing else going on: ${line(quiet)}`)
  console.log(`  while the key rotates: ${line(rotating)}`)
  console.log(`  while the old key is retired: ${line(retiring)}`)
  console.log(`commands said at one end and kept at the other: ${turn} of ${turn}, the states agree`)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
