// Two daemons: one has more than a session's worth of commands on its disk, the other is new and is given it as sync peer.
// How long until it has them all and says the same state, and how long the longest pause was in which nothing came.
import { readFileSync } from 'node:fs'
import { labels } from '../src/base/index.ts'
import { parseId } from '../src/codec/index.ts'
import { openKeyFile, openKeys, type Identity, type Keys } from '../src/keys/index.ts'
import { openStore } from '../src/store/index.ts'
import { deviceId, encodeBody, parseCommand, readAct, signCommand, type Command } from '../src/team/index.ts'
import { createDaemonCast, type Daemon } from '../test/helpers/daemons.ts'
import { machineLine } from './machine.ts'

const many = Number(process.env['BENCH_COMMANDS'] ?? 30_000)
const lookMs = 250
const patienceMs = 300_000

/** Gives a role to and fro on top of what a daemon that is not running has on its disk, in its name. */
async function writeBehind(keys: Keys, daemon: Daemon, team: Uint8Array): Promise<void> {
  const store = await openStore(daemon.path('store'))
  const kept = store.team(team)
  const known = [...(await kept.load()).commands].map(({ bytes }) => parseCommand(bytes) as Command)
  const [first, last] = [known[0]!, known.at(-1)!]
  const added = readAct(last)
  if (added.kind !== 'AddDevice') throw new Error('the last command adds no device')
  const device = deviceId(added.body.bundle.identity)
  const path = daemon.path('keys', 'signing.key')
  const signer = (await openKeyFile(readFileSync(path, 'utf8'), { path, kind: 'ed25519' })) as Identity
  const sign = (unsigned: Uint8Array): Uint8Array => keys.sign(signer, labels.command, unsigned)
  const made: Command[] = []
  for (let before = last; made.length < many; before = made.at(-1)!) {
    const [from, role] = made.length % 2 === 0 ? ['user', 'sync-role'] : ['sync-role', 'user']
    const body = encodeBody({ kind: 'AssignRole', body: { device, gen: 0, role, roleAt: team, from } })
    const place = { team, parents: [before.id], author: first.author, key: first.key, generation: 0, time: 0 }
    const chain = { sequence: before.sequence + 1, depth: before.depth + 1 }
    made.push(signCommand({ ...place, ...chain, kind: 'AssignRole', body }, sign))
  }
  for (let at = 0; at < made.length; at += 1_000) await kept.append(made.slice(at, at + 1_000))
  await store.close()
}

async function teamOf(daemon: Daemon): Promise<{ readonly commands: number; readonly stateHash: string }> {
  const { teams } = await daemon.call('teams.ls', {})
  return teams[0] ?? { commands: 0, stateHash: '' }
}

/** Until both say the same; the longest time between two looks that found nothing new. */
async function watch(one: Daemon, two: Daemon): Promise<{ readonly ms: number; readonly pauseMs: number }> {
  const begun = performance.now()
  let [before, changedAt, pauseMs] = [0, begun, 0]
  for (let now = begun; now - begun < patienceMs; now = performance.now()) {
    const [full, filling] = [await teamOf(one), await teamOf(two)]
    if (filling.commands !== before) changedAt = now
    pauseMs = Math.max(pauseMs, now - changedAt)
    before = filling.commands
    if (filling.commands === full.commands && filling.stateHash === full.stateHash) return { ms: now - begun, pauseMs }
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
  throw new Error(`stuck at ${before} commands:\n${two.output}`)
}

console.log('# catch-up: two daemons, more than one session of sync')
console.log(machineLine())
const cast = createDaemonCast()
try {
  const [one, two] = [await cast.start('one'), await cast.start('two')]
  const { team } = await one.call('teams.create', { name: 'herd', deviceName: 'one' })
  const { bundle } = await two.call('devices.keybundle', {})
  await one.call('devices.add', { bundle, name: 'two', role: 'user' })
  await one.end()
  await writeBehind(await openKeys(), one, parseId('team', team))
  const begun = performance.now()
  await one.start()
  const startMs = performance.now() - begun
  await two.call('teams.add', { team })
  await two.call('sync.add', { address: one.address, team })
  const { ms, pauseMs } = await watch(one, two)
  const { commands } = await teamOf(two)
  console.log(`started with ${commands} commands that have no index: ${startMs.toFixed(0)} ms`)
  console.log(
    `all ${commands} and the same state on the new node: ${(ms / 1_000).toFixed(1)} s, ${((commands / ms) * 1_000).toFixed(0)}/s; longest time between two looks that found nothing new ${pauseMs.toFixed(0)} ms`,
  )
} finally {
  await cast.stopAll()
}
