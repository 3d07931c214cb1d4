// Commands taken in (decoded, verified, judged, stored with a synchronous batch) per second on one core, as a fraction of
// the bare verification of the same signatures in the same run; then the same set opened from disk again.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labels, limits } from '../src/base/index.ts'
import { identityFromSeed, openKeys, sha256, type Identity, type Keys } from '../src/keys/index.ts'
import { openStore } from '../src/store/index.ts'
import {
  answerCheck,
  deviceId,
  encodeBody,
  foundTeam,
  makeKeyBundle,
  Replica,
  signCommand,
  type Act,
  type Command,
  type LoadedCommand,
  type ReplicaEffect,
  type ReplicaEvent,
} from '../src/team/index.ts'
import { cpuMs, machineLine } from './machine.ts'

const count = Number(process.env['BENCH_COMMANDS'] ?? 10_000)
const devices = 100

const cast = Array.from({ length: devices }, (_, n) => identityFromSeed(sha256(Uint8Array.of(n))))

function identityOf(n: number): Identity {
  const identity = cast[n]
  if (identity === undefined) throw new Error('no such device')
  return identity
}

function bundleOf(keys: Keys, identity: Identity) {
  const encryption = sha256(identity.publicKey).map((byte, i) => (i === 31 ? byte & 0x3f : byte))
  return makeKeyBundle(keys, { identity, sequence: 0, signing: [identity.publicKey], encryption: [encryption] })
}

/** One chain: 100 devices are added, then roles go to and fro. */
function writeTeam(keys: Keys): Command[] {
  const owner = identityOf(0)
  const sign = (unsigned: Uint8Array): Uint8Array => keys.sign(owner, labels.command, unsigned)
  const author = deviceId(owner.publicKey)
  const parts = { device: author, signingKey: owner.publicKey, sign, bundle: bundleOf(keys, owner) }
  const random = { bytes: (size: number) => new Uint8Array(size).fill(5) }
  const first = foundTeam({ ...parts, random }, { name: 'bench', deviceName: 'owner', time: 0 })
  if (first.kind === 'refuse') throw new Error('not founded')
  const commands = [first as Command]
  const team = commands[0]!.id
  while (commands.length < count) {
    const last = commands.at(-1)!
    const act = actOf(keys, commands.length, team)
    const place = { team, parents: [last.id], author, key: owner.publicKey, generation: 0, time: 0 }
    const chain = { sequence: commands.length, depth: commands.length }
    commands.push(signCommand({ ...place, ...chain, kind: act.kind, body: encodeBody(act) }, sign))
  }
  return commands
}

function actOf(keys: Keys, n: number, roleAt: Uint8Array): Act {
  if (n < devices) {
    const bundle = bundleOf(keys, identityOf(n))
    return { kind: 'AddDevice', body: { bundle, commonName: `device ${n}`, role: 'user', roleAt, gen: 0 } }
  }
  const device = deviceId(identityOf(1 + (n % (devices - 1))).publicKey)
  const isEven = Math.floor((n - devices) / (devices - 1)) % 2 === 0
  const [from, role] = isEven ? ['user', 'operator'] : ['operator', 'user']
  return { kind: 'AssignRole', body: { device, gen: 0, role: role, roleAt, from: from } }
}

/** Per second of CPU, so that what else runs on the machine does not count. */
async function perSecond(n: number, work: () => void | Promise<void>): Promise<number> {
  const { ms } = await cpuMs(async () => {
    await work()
  })
  return (n / ms) * 1_000
}

function benchVerify(keys: Keys, commands: readonly Command[]): Promise<number> {
  return perSecond(commands.length, () => {
    for (const { key, unsigned, signature } of commands)
      if (!keys.verify(key, labels.command, unsigned, signature)) throw new Error('bad signature')
  })
}

function newReplica(commands: readonly Command[], loaded: readonly LoadedCommand[] = []): Replica {
  const { id: team } = commands[0]!
  const sign = (): Uint8Array => new Uint8Array(64)
  const random = { bytes: (size: number) => new Uint8Array(size) }
  return new Replica({ team, device: new Uint8Array(32), signingKey: new Uint8Array(32), sign, random }, loaded)
}

async function benchIngest(keys: Keys, commands: readonly Command[], directory: string): Promise<number> {
  const store = await openStore(directory)
  const kept = store.team(commands[0]!.id)
  await kept.load()
  const replica = newReplica(commands)
  const writes: Promise<void>[] = []
  const run = (event: ReplicaEvent): void => {
    for (const effect of replica.step(event)) perform(effect)
  }
  const perform = (effect: ReplicaEffect): void => {
    if (effect.kind === 'verify')
      run({
        kind: 'verified',
        now: 0,
        token: effect.token,
        verdicts: effect.checks.map((check) => answerCheck(keys, check)),
      })
    if (effect.kind === 'append')
      writes.push(
        kept
          .append(effect.records)
          .then(() => run({ kind: 'stored', now: 0, count: effect.records.at(-1)!.index + 1 })),
      )
  }
  run({ kind: 'connected', now: 0, peer: 'p', device: deviceId(identityOf(0).publicKey), given: true })
  const rate = await perSecond(commands.length, async () => {
    for (let at = 0; at < commands.length; at += limits.syncCommandsMax) {
      const some = commands.slice(at, at + limits.syncCommandsMax)
      run({ kind: 'frame', now: 0, peer: 'p', frame: { t: 'commands', commands: some.map(({ bytes }) => bytes) } })
      // As the credit of the protocol does: half a mebibyte is under way at most.
      if (writes.length > 16) await writes.shift()
    }
    await Promise.all(writes)
  })
  if (replica.storedCount !== commands.length) throw new Error(`${replica.storedCount} of ${commands.length} stored`)
  await store.close()
  return rate
}

async function benchOpen(commands: readonly Command[], directory: string): Promise<number> {
  const store = await openStore(directory)
  const rate = await perSecond(1, async () => {
    const { commands: loaded } = await store.team(commands[0]!.id).load()
    const replica = newReplica(commands, loaded)
    if (replica.graph.nodes.length !== commands.length) throw new Error('not all there')
  })
  await store.close()
  return 1_000 / rate
}

console.log(machineLine())
const commands = writeTeam(await openKeys())
for (const backend of ['sodium-native', 'wasm'] as const) {
  const keys = await openKeys({ backend }).catch(() => undefined)
  if (keys === undefined) continue
  const directory = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
  await benchVerify(keys, commands.slice(0, 500))
  const verify = await benchVerify(keys, commands)
  const ingest = await benchIngest(keys, commands, directory)
  const open = await benchOpen(commands, directory)
  rmSync(directory, { recursive: true })
  console.log(
    `team-ingest ${backend}: ${commands.length} commands, bare verification ${verify.toFixed(0)}/s of CPU, accepted and stored ${ingest.toFixed(0)}/s of CPU, ratio ${(ingest / verify).toFixed(2)}; opened again in ${open.toFixed(0)} ms of CPU`,
  )
}
