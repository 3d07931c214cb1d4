import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { dialAdmin, type AdminConnection } from '../../src/client/index.ts'
import { formatSwarmKey, parseNodeAddress } from '../../src/codec/index.ts'
import { generateIdentity, generateSwarmKey, systemRandom, type Identity } from '../../src/keys/index.ts'
import type { OperationInput, OperationName, OperationOutput } from '../../src/operations/index.ts'
import { eventually } from '../helpers/swarm-nodes.ts'
import { Network } from './network.ts'

/** A daemon as a process of its own in a network of its own, spoken to over its Unix socket. */
export class Place {
  readonly name: string
  readonly directory: string
  readonly ip: string
  readonly #network: Network
  readonly #words: readonly string[]
  readonly #identity: Identity = generateIdentity(systemRandom)
  #process: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  #connection: Promise<AdminConnection> | undefined
  #output = ''
  peer = ''
  /** Dialable, with `/p2p`. */
  address = ''
  /** `dev_b…`. */
  device = ''

  constructor(name: string, network: Network, parts: { directory: string; keyFile: string; program: string }) {
    this.name = name
    this.#network = network
    this.directory = path.join(parts.directory, name)
    this.ip = network.add(name)
    mkdirSync(this.directory, { recursive: true, mode: 0o700 })
    this.#words = [
      ...[process.execPath, parts.program, '--data-dir', this.directory, '--bind-swarm', `${this.ip}:4001`],
      ...['--bind-admin', '127.0.0.1:4458', '--bind-api', 'off', '--swarm-key-file', parts.keyFile],
    ]
  }

  /** Starts the process and waits until it is ready; `peers` are dialled and kept. */
  async start(peers: readonly string[] = []): Promise<this> {
    this.#output = ''
    const words = [...this.#words, ...peers.flatMap((peer) => ['--peer', peer])]
    const kept = Object.entries(process.env).filter(([name]) => !/^(NODE_|AX_|DUMP_|VITEST|npm_)/.test(name))
    const child = this.#network.spawn(this.name, words, {
      env: Object.fromEntries(kept),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    let hasEnded = false
    this.#ended = new Promise((resolve) => {
      child.once('close', () => {
        hasEnded = true
        resolve()
      })
    })
    const isReady = (): boolean => {
      if (hasEnded) throw new Error(`${this.name} ended at once:\n${this.#output}`)
      return /^Ready\.$/m.test(this.#output)
    }
    await eventually(isReady, `${this.name} is ready`, 60_000)
    this.peer = /^PeerId: (\S+)$/m.exec(this.#output)?.[1] ?? ''
    this.address = `/ip4/${this.ip}/tcp/4001/p2p/${this.peer}`
    this.device = (await this.call('devices.id', {})).device
    return this
  }

  /** An operation; one connection serves many, and is made anew after a start. */
  async call<N extends OperationName>(name: N, input: OperationInput<N>): Promise<OperationOutput<N>> {
    this.#connection ??= this.#dial()
    const connection = this.#connection
    try {
      return await (await connection).call(name, input)
    } catch (error) {
      if (this.#connection === connection && !isAnswer(error)) this.#connection = undefined
      throw error
    }
  }

  /** `kill -9`, and waits until it is dead. */
  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL')
    await this.#ended
    const connection = this.#connection
    this.#connection = undefined
    await connection?.then((admin) => admin.close()).catch(() => undefined)
  }

  #dial(): Promise<AdminConnection> {
    const address = parseNodeAddress(`/unix/${encodeURIComponent(path.join(this.directory, 'axd.sock'))}`)
    return dialAdmin(address, { identity: this.#identity }, { timeoutMs: 20_000 })
  }
}

/** What a node answers leaves a connection as it is; all else is the connection's own trouble. */
function isAnswer(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^ERR_(?!NODE_|ADMIN_|HOST_)/.test(code)
}

/** The code of an error, or `ok`. */
export async function codeOf(doing: Promise<unknown>): Promise<string> {
  try {
    await doing
    return 'ok'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

/** Places of one run, their network, directory and swarm key. */
export class Country {
  readonly network: Network
  readonly #places: Place[] = []
  readonly #parts: { directory: string; keyFile: string; program: string }

  constructor(name: string) {
    const directory = mkdtempSync(path.join(tmpdir(), 'hyrax-partitions-'))
    const keyFile = path.join(directory, 'swarm.key')
    writeFileSync(keyFile, formatSwarmKey(generateSwarmKey(systemRandom), 'file'), { mode: 0o600 })
    this.#parts = { directory, keyFile, program: path.join(process.cwd(), 'bin/axd.cjs') }
    this.network = new Network(name)
  }

  /** A new daemon, connected to those who run already. */
  async settle(name: string): Promise<Place> {
    const place = new Place(name, this.network, this.#parts)
    const peers = this.#places.map(({ address }) => address)
    await place.start(peers)
    this.#places.push(place)
    return place
  }

  get places(): readonly Place[] {
    return this.#places
  }

  /** This place is no more. */
  async abandon(place: Place): Promise<void> {
    await place.kill()
    this.#places.splice(this.#places.indexOf(place), 1)
  }

  async end(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.kill()))
    this.network.close()
    rmSync(this.#parts.directory, { recursive: true, force: true })
  }
}
