// Commands taken in from a peer (frame decoded, command parsed, verified, judged, stored with synchronous batches) per
// second, as a fraction of V: bare verification of the same signatures by one thread, in the same run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { labels } from '../src/base/index.ts'
import { utf8 } from '../src/codec/index.ts'
import { openKeys, sha256, type Keys } from '../src/keys/index.ts'
import { openStore } from '../src/store/index.ts'
import { deviceId, Replica, type Command, type ReplicaEffect, type ReplicaEvent } from '../src/team/index.ts'
import { createVerifier } from '../src/node/effects/verifier.ts'
import { cpuMs, machineLine } from './machine.ts'
import { ends, partsOf, servePeer, startPeer, writeCommands, type Peer } from './team-peer.ts'
import { identityOf, writeTeam } from './team-source.ts'

const count = Number(process.env['BENCH_COMMANDS'] ?? 100_000)
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 1)

/** Libsodium's build, and threads beside the first. BENCH_ONLY=wasm,0 runs one of them. */
const ways = [
  ['sodium-native', 0],
  ['sodium-native', 1],
  ['wasm', 0],
] as const
const only = process.env['BENCH_ONLY']

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

/** One replica with a store on disk and a verifier, joined to the peer; does what the runner of a node does. */
class Receiver {
  readonly #replica: Replica
  readonly #kept
  readonly #verifier
  readonly #peer: Peer
  #timer: NodeJS.Timeout | undefined
  #stored: () => void = () => undefined
  #checkpointed: Promise<void> = Promise.resolve()
  #isOver = false

  constructor(
    team: Uint8Array,
    kept: Awaited<ReturnType<typeof openStore>>,
    verifier: ReturnType<typeof createVerifier>,
    peer: Peer,
  ) {
    this.#replica = new Replica(partsOf(ends.receiver, team), [])
    this.#kept = kept.team(team)
    this.#verifier = verifier
    this.#peer = peer
  }

  /** Until so many commands are durable. */
  async run(count: number): Promise<void> {
    await this.#kept.load()
    this.#peer.listen((frame) => {
      this.#take({ kind: 'frame', peer: 'server', frame })
    })
    const device = deviceId(identityOf(ends.server).publicKey)
    this.#take({ kind: 'connected', peer: 'server', device, given: true })
    while (this.#replica.storedCount < count) {
      await new Promise<void>((resolve) => {
        this.#stored = resolve
      })
    }
  }

  /** Nothing is done after this. */
  async stop(): Promise<void> {
    this.#isOver = true
    clearTimeout(this.#timer)
    await this.#checkpointed
  }

  #take(event: Timeless<ReplicaEvent>): void {
    if (this.#isOver) return
    const now = Math.floor(performance.now())
    for (const effect of this.#replica.step({ ...event, now })) this.#perform(effect)
  }

  #perform(effect: ReplicaEffect): void {
    if (effect.kind === 'verify')
      void this.#verifier.verify(effect.checks).then((verdicts) => {
        this.#take({ kind: 'verified', token: effect.token, verdicts })
      })
    if (effect.kind === 'append')
      void this.#kept.append(effect.records, effect.page).then(() => {
        this.#take({ kind: 'stored', count: effect.records.at(-1)!.index + 1 })
        this.#stored()
      })
    if (effect.kind === 'checkpoint') this.#checkpointed = this.#kept.keepCheckpoint(effect.checkpoint, effect.gone)
    if (effect.kind === 'send') this.#peer.send(effect.frame)
    if (effect.kind === 'wake') {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(
        () => {
          this.#take({ kind: 'tick' })
        },
        Math.max(1, effect.at - performance.now()),
      )
    }
    if (effect.kind === 'cut' || effect.kind === 'alarm') throw new Error(JSON.stringify(effect))
  }
}

async function ingest(keys: Keys, commands: readonly Command[], threads: number): Promise<Rate> {
  const directory = mkdtempSync(join(tmpdir(), 'hyrax-bench-'))
  const file = join(directory, 'commands')
  writeCommands(file, commands)
  const store = await openStore(join(directory, 'store'))
  const verifier = createVerifier(keys, { threads })
  const peer = await startPeer(fileURLToPath(import.meta.url), file)
  const receiver = new Receiver(commands[0]!.id, store, verifier, peer)
  const rate = await rateOf(commands.length, () => receiver.run(commands.length))
  await receiver.stop()
  peer.stop()
  verifier.stop()
  await store.close()
  rmSync(directory, { recursive: true })
  return rate
}

async function measureAll(): Promise<void> {
  console.log(
    '# team-ingest: commands taken in, verified, judged and stored, against bare verification (V) of one thread',
  )
  console.log(machineLine())
  const native = await openKeys()
  const commands = writeTeam(native, count)
  for (const [backend, threads] of ways.filter((way) => only === undefined || only === way.join())) {
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
}

if (process.argv[2] === 'serve') servePeer(process.argv[3]!)
else await measureAll()
