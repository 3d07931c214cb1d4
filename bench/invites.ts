// How long it takes a fresh node to be a member, by its own graph: by an invite (dial, claim, admission on disk, sync), and
// by a bundle that is carried by hand, where the hand takes no time; then by an invite while keyholders guess codes as fast
// as they can. Daemons over loopback. Needs dist/ (npm run build); --guesses 100000 for the whole of SECURITY.md I1.
import { limits } from '../src/base/index.ts'
import { parseInviteLine } from '../src/codec/index.ts'
import { systemRandom } from '../src/keys/index.ts'
import { inviteFrameMap, inviteProtocol, readInviteFrame } from '../src/team/index.ts'
import { createDaemonCast, type Daemon } from '../test/helpers/daemons.ts'
import { createSwarmCast, eventually, type SwarmNode } from '../test/helpers/swarm-nodes.ts'
import { machineLine, median, quantile } from './machine.ts'

const rounds = 15
const guessers = 4
const guesses = Number(/--guesses (\d+)/.exec(process.argv.join(' '))?.[1] ?? 10_000)

console.log(`# invites: from the code to membership, ${rounds} fresh nodes each way`)
console.log(machineLine())

const cast = createDaemonCast()
// Ten attempts a minute may come from one address; the hub is told that this one is ours.
const settings = 'swarm:\n  exemptSources: [127.0.0.1/32]\n'
try {
  const hub = await cast.start('hub', { settings })
  const { team } = await hub.call('teams.create', { name: 'herd', deviceName: 'hub' })
  print('by an invite, invites.join', await measure('invited', (joiner) => byInvite(hub, joiner)))
  print('by a bundle, nobody in between', await measure('added', (joiner) => byBundle(hub, joiner, team)))
  await guessed(hub, cast.swarmKey)
} finally {
  await cast.stopAll()
}

/** Milliseconds of each round; the joiner is a new process that knows nobody. */
async function measure(name: string, join: (joiner: Daemon) => Promise<number>): Promise<number[]> {
  const taken: number[] = []
  for (let round = 0; round < rounds; round++) {
    const joiner = await cast.start(`${name}-${String(round)}`)
    taken.push(await join(joiner))
    await joiner.end()
  }
  return taken
}

async function byInvite(hub: Daemon, joiner: Daemon): Promise<number> {
  const { code } = await hub.call('invites.create', {})
  const admin = await joiner.connect()
  const begun = performance.now()
  await admin.call('invites.join', { code })
  const ms = performance.now() - begun
  await admin.close()
  return ms
}

async function byBundle(hub: Daemon, joiner: Daemon, team: string): Promise<number> {
  const [admin, owner] = [await joiner.connect(), await hub.connect()]
  const { bundle } = await admin.call('devices.keybundle', {})
  const begun = performance.now()
  await owner.call('devices.add', { bundle, name: joiner.name })
  await admin.call('teams.add', { team })
  await admin.call('sync.add', { address: hub.address, team })
  await eventually(async () => (await admin.call('teams.ls', {})).teams[0]?.state === 'open', 'a member')
  const ms = performance.now() - begun
  await admin.close()
  await owner.close()
  return ms
}

function print(what: string, taken: readonly number[]): void {
  const words = [median(taken), quantile(taken, 0.9), Math.max(...taken)].map((ms) => ms.toFixed(0).padStart(5))
  console.log(`${what.padEnd(34)} ms median ${words.join('  p90 ').replace(/ p90 (?=[^p]*$)/, ' max ')}`)
}

/** Keyholders on other addresses try keys; meanwhile honest nodes join. */
async function guessed(hub: Daemon, swarmKey: Uint8Array): Promise<void> {
  const others = await createSwarmCast()
  const { code } = await hub.call('invites.create', {})
  const { team } = parseInviteLine(code)
  const tally = { tried: 0, busy: 0, hits: 0 }
  const begun = performance.now()
  try {
    const nodes = Array.from({ length: guessers }, (_, at) =>
      others.node({ swarmKeys: [swarmKey], localAddress: `127.0.0.${String(at + 2)}` }),
    )
    const guessing = Promise.all(nodes.map(async (node) => guess(await node, hub, team, tally)))
    const taken = await measure('honest', (joiner) => byInvite(hub, joiner))
    await guessing
    const seconds = (performance.now() - begun) / 1000
    print(`by an invite, beside ${String(guessers)} that guess`, taken)
    const rate = (tally.tried / seconds).toFixed(0)
    console.log(
      `guesses ${String(tally.tried)}, ${rate}/s: ${String(tally.hits)} hits, ${String(tally.busy)} told BUSY`,
    )
  } finally {
    await others.stopAll()
  }
}

async function guess(
  node: SwarmNode,
  hub: Daemon,
  team: Uint8Array,
  tally: { tried: number; busy: number; hits: number },
): Promise<void> {
  await node.swarm.connect(hub.address)
  while (tally.tried++ < guesses) {
    const stream = await node.swarm.open(hub.peer, inviteProtocol, limits.inviteFrameBytesMax)
    await stream.send(inviteFrameMap({ t: 'ask', team, key: systemRandom.bytes(32) })).catch(() => undefined)
    const answer = readInviteFrame('nonce', await stream.read().catch(() => undefined))
    if (!('kind' in answer)) tally.hits++
    else if (answer.code === 'ERR_TEAM_INVITE_BUSY') tally.busy++
    stream.abort()
  }
}
