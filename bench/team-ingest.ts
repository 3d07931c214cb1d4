// Commands taken in from a peer (frame decoded, command parsed, verified, judged, stored with synchronous batches) per
// second, as a fraction of V: bare verification of the same signatures by one thread, in the same run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labels, limits } from '../src/base/index.ts'
import { createFrameReader, encodeFrame, utf8 } from '../src/codec/index.ts'
import { openKeys, sha256, type Keys } from '../src/keys/index.ts'
import { openStore } from '../src/store/index.ts'
import { deviceId, Replica, type Command, type ReplicaEffect, type ReplicaEvent } from '../src/team/index.ts'
import { createVerifier } from '../src/node/effects/verifier.ts'
import { cpuMs, machineLine } from './machine.ts'
import { identityOf, writeTeam } from './team-source.ts'

const count = Number(process.env['BENCH_COMMANDS'] ?? 100_000)
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 1)

type Timeless<E> = E extends unknown ? Omit<E, 'now'> : never

interface Rate {
  /** Per second of CPU: what else runs on the machine does not count. */
  readonly cpu: number
  /** Per second of the clock. */
  readonly wall: number
}

async function rateOf(n: number, work: () => void | Promise<void>): Promise<Rate> {
  const begun = performance.now()
  const { ms } = await cpuMs(async () => {
    await work()
  })
  return { cpu: (n / ms) * 1_000, wall: (n / (performance.now() - begun)) * 1_000 }
}

/** V: libsodium alone, over messages that were made before. */
function bareVerification(keys: Keys, commands: readonly Command[]): Promise<Rate> {
  const label = utf8(`${labels.command}\0`)
  const messages = commands.map(({ unsigned }) => Uint8Array.from([...label, ...sha256(unsigned)]))
  return rateOf(commands.length, () => {
    for (const [i, { key, signature }] of commands.entries())
      if (!keys.verifyRaw(key, messages[i]!, signature)) throw new Error('bad signature')
  })
}

function framesOf(commands: readonly Command[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let at = 0; at < commands.length; at += limits.syncCommandsMax) {
    const some = commands.slice(at, at + limits.syncCommandsMax).map(({ bytes }) => bytes)
    frames.push(encodeFrame({ t: 'commands', commands: some }, limits.syncFrameBytesMax))
  }
  return frames
}

/** One replica with a store on disk and a verifier, fed by a peer that sends what it is granted. */
class Receiver {
  readonly replica: Replica
  readonly #kept
  readonly #verifier
  readonly #last: Command
  readonly #team: Uint8Array
  #credit = 0
  #wake: () => void = () => undefined

  constructor(
    commands: readonly Command[],
    kept: Awaited<ReturnType<typeof openStore>>,
    verifier: ReturnType<typeof createVerifier>,
  ) {
    const { id: team } = commands[0]!
    const random = { bytes: (size: number) => new Uint8Array(size) }
    const sign = (): Uint8Array => new Uint8Array(64)
    const own = { device: new Uint8Array(32), signingKey: new Uint8Array(32), sign, random }
    this.#team = team
    this.replica = new Replica({ team, ...own }, [])
    this.#kept = kept.team(team)
    this.#verifier = verifier
    this.#last = commands.at(-1)!
  }

  async run(frames: readonly Uint8Array[]): Promise<void> {
    await this.#kept.load()
    const device = deviceId(identityOf(0).publicKey)
    this.#take({ kind: 'connected', peer: 'p', device, given: true })
    const zeros = new Uint8Array(32)
    const { id, sequence } = this.#last
    const said = { heads: [id], count: sequence + 1, stateHash: zeros, frontierDigest: null, version: 1 }
    this.#take({ kind: 'frame', peer: 'p', frame: { t: 'hello', team: this.#team, ...said } })
    this.#take({ kind: 'frame', peer: 'p', frame: { t: 'frontier', base: null, devices: [[device, sequence, false]] } })
    const reader = createFrameReader(limits.syncFrameBytesMax)
    for (const bytes of frames) {
      while (this.#credit < bytes.length) await this.#change()
      for (const frame of reader.push(bytes)) {
        this.#credit -= bytes.length
        this.#take({ kind: 'frame', peer: 'p', frame })
      }
    }
    while (this.replica.storedCount <= sequence) await this.#change()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #take(event: Timeless<ReplicaEvent>): void {
    for (const effect of this.replica.step({ ...event, now: performance.now() })) this.#perform(effect)
  }

  #perform(effect: ReplicaEffect): void {
    if (effect.kind === 'verify')
      void this.#verifier.verify(effect.checks).then((verdicts) => {
        this.#take({ kind: 'verified', token: effect.token, verdicts })
      })
    if (effect.kind === 'append')
      void this.#kept.append(effect.records).then(() => {
        this.#take({ kind: 'stored', count: effect.records.at(-1)!.index + 1 })
        this.#wake()
      })
    if (effect.kind === 'send' && effect.frame['t'] === 'want') {
      this.#credit += effect.frame['credit'] as number
      this.#wake()
    }
    if (effect.kind === 'cut' || effect.kind === 'alarm') throw new Error(JSON.stringify(effect))
  }
}

async function ingest(keys: Keys, commands: readonly Command[], threads: number): Promise<Rate> {
  const directory = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
  const store = await openStore(directory)
  const verifier = createVerifier(keys, { threads })
  const receiver = new Receiver(commands, store, verifier)
  const frames = framesOf(commands)
  const rate = await rateOf(commands.length, () => receiver.run(frames))
  verifier.stop()
  await store.close()
  rmSync(directory, { recursive: true })
  return rate
}

console.log(
  '# team-ingest: commands taken in, verified, judged and stored, against bare verification (V) of one thread',
)
console.log(machineLine())
const native = await openKeys()
const commands = writeTeam(native, count)
for (const [backend, threads] of [
  ['sodium-native', 0],
  ['sodium-native', 1],
  ['wasm', 0],
] as const) {
  const keys = await openKeys({ backend }).catch(() => undefined)
  if (keys === undefined) continue
  const some = backend === 'wasm' ? commands.slice(0, count / 10) : commands
  for (let round = 0; round < rounds; round++) {
    const before = await bareVerification(keys, some)
    const rate = await ingest(keys, some, threads)
    const after = await bareVerification(keys, some)
    const [cpu, wall] = [(before.cpu + after.cpu) / 2, (before.wall + after.wall) / 2]
    const how = `${backend}, ${threads === 0 ? 'one thread' : `and one more`}`
    console.log(
      `${how}: ${some.length} commands; V ${cpu.toFixed(0)}/s of CPU, ${wall.toFixed(0)}/s; taken in ${rate.cpu.toFixed(0)}/s of CPU = ${(rate.cpu / cpu).toFixed(2)} V, ${rate.wall.toFixed(0)}/s = ${(rate.wall / wall).toFixed(2)} V by the clock`,
    )
  }
}
