import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { dialAdmin, type AdminConnection } from '../../src/client/index.ts'
import { formatSwarmKey, parseNodeAddress } from '../../src/codec/index.ts'
import { generateIdentity, generateSwarmKey, systemRandom } from '../../src/keys/index.ts'
import type { OperationInput, OperationName, OperationOutput } from '../../src/operations/index.ts'
import { eventually } from './swarm-nodes.ts'

/** A bench is bundled elsewhere, and runs in the root of the repository. */
const here = path.resolve(import.meta.dirname, '../..')
const root = existsSync(path.join(here, 'bin/axd.cjs')) ? here : process.cwd()
const program = path.join(root, 'bin/axd.cjs')
/** The daemon as a process needs `npm run build` first; without it these tests are skipped. */
export const isBuilt = existsSync(path.join(root, 'dist/bin/axd.js'))

export interface DaemonPlan {
  readonly options?: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
  /** Multiaddrs to begin with. */
  readonly peers?: readonly string[]
  /** Text of `settings.yaml`. */
  readonly settings?: string
  /** Entries of list files, written before the start. */
  readonly lists?: Partial<Record<ListName, readonly string[]>>
}

export type ListName = 'permissioned' | 'disallowed' | 'static'

export interface Exit {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

/** A node as a process of its own, with its own data directory and free ports of loopback. */
export class Daemon {
  readonly name: string
  readonly directory: string
  readonly #keyFile: string
  #process: ChildProcess | undefined
  #ended: Promise<Exit> = Promise.resolve({ status: 0, signal: null })
  /** What this run printed, both streams. */
  output = ''
  peer = ''
  /** Dialable, with `/p2p`. */
  address = ''

  constructor(name: string, directory: string, keyFile: string) {
    this.name = name
    this.directory = directory
    this.#keyFile = keyFile
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** Starts the process and does not wait. */
  launch(plan: DaemonPlan = {}): Promise<Exit> {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 })
    if (plan.settings !== undefined) writeFileSync(this.path('settings.yaml'), plan.settings, { mode: 0o600 })
    for (const [name, entries] of Object.entries(plan.lists ?? {})) this.writeList(name as ListName, entries)
    const words = [
      ...['--data-dir', this.directory, '--bind-swarm', '127.0.0.1:0', '--bind-admin', '127.0.0.1:0'],
      ...['--bind-api', 'off', ...(this.#keyFile === '' ? [] : ['--swarm-key-file', this.#keyFile])],
      ...(plan.peers ?? []).flatMap((peer) => ['--peer', peer]),
      ...(plan.options ?? []),
    ]
    this.output = ''
    const env = { ...cleanEnvironment(), ...plan.environment }
    const child = spawn(process.execPath, [program, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    }
    this.#ended = new Promise((resolve) => {
      child.once('close', (status, signal) => {
        resolve({ status, signal })
      })
    })
    return this.#ended
  }

  /** Starts the process and waits until it is ready. */
  async start(plan: DaemonPlan = {}): Promise<this> {
    let ended = false
    void this.launch(plan).then(() => (ended = true))
    await eventually(
      () => {
        if (ended) throw new Error(`${this.name} ended at once:\n${this.output}`)
        return /^Ready\.$/m.test(this.output)
      },
      `${this.name} is ready`,
      20_000,
    )
    this.peer = /^PeerId: (\S+)$/m.exec(this.output)?.[1] ?? ''
    this.address = /^Swarm: (\S+)$/m.exec(this.output)?.[1] ?? ''
    return this
  }

  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.#process?.kill(signal)
    return this.#ended
  }

  path(...names: string[]): string {
    return path.join(this.directory, ...names)
  }

  writeList(name: ListName, entries: readonly string[] | string): void {
    const text = typeof entries === 'string' ? entries : JSON.stringify(entries)
    writeFileSync(this.path(`${name}-nodes.json`), text, { mode: 0o644 })
  }

  readList(name: ListName): string[] {
    return JSON.parse(readFileSync(this.path(`${name}-nodes.json`), 'utf8')) as string[]
  }

  /** A connection to its Unix socket, for several operations. */
  connect(): Promise<AdminConnection> {
    const address = parseNodeAddress(`/unix/${encodeURIComponent(this.path('axd.sock'))}`)
    return dialAdmin(address, { identity: generateIdentity(systemRandom) }, { timeoutMs: 15_000 })
  }

  /** An operation over the Unix socket, on a connection of its own. */
  async call<N extends OperationName>(name: N, input: OperationInput<N>): Promise<OperationOutput<N>> {
    const admin = await this.connect()
    try {
      return await admin.call(name, input)
    } finally {
      await admin.close()
    }
  }

  /** Peers that it has welcomed. */
  async welcomed(): Promise<string[]> {
    const { peers } = await this.call('swarms.peers', {})
    return peers.filter(({ state }) => state === 'welcomed').map(({ peer }) => peer)
  }
}

/** Daemons of one test, their directory and swarm key; all end with it. */
export function createDaemonCast() {
  const directory = mkdtempSync(path.join(tmpdir(), 'hyrax-daemons-'))
  const swarmKey = generateSwarmKey(systemRandom)
  const keyFile = path.join(directory, 'swarm.key')
  writeFileSync(keyFile, formatSwarmKey(swarmKey, 'file'), { mode: 0o600 })
  const daemons: Daemon[] = []
  const make = (name: string, key = keyFile): Daemon => {
    const daemon = new Daemon(name, path.join(directory, name), key)
    daemons.push(daemon)
    return daemon
  }
  return {
    directory,
    swarmKey,
    keyFile,
    make,
    start: (name: string, plan?: DaemonPlan): Promise<Daemon> => make(name).start(plan),
    async stopAll(): Promise<void> {
      await Promise.all(daemons.splice(0).map((daemon) => daemon.end('SIGKILL')))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export type DaemonCast = ReturnType<typeof createDaemonCast>

/** Waits until each of them has welcomed all the others. */
export async function meshed(daemons: readonly Daemon[], ms = 30_000): Promise<void> {
  const isMeshed = async (daemon: Daemon): Promise<boolean> => {
    const welcomed = new Set(await daemon.welcomed())
    return daemons.every(({ peer }) => peer === daemon.peer || welcomed.has(peer))
  }
  for (const daemon of daemons) await eventually(() => isMeshed(daemon), `${daemon.name} knows all others`, ms)
}

/** A team on the first, which the others join by the steps of the onboarding, the second as admin; all agree. */
export async function foundTeam([first, ...others]: readonly Daemon[]): Promise<string> {
  if (first === undefined) throw new Error('nobody to found a team')
  const { team } = await first.call('teams.create', { name: 'herd', deviceName: first.name })
  for (const daemon of others) {
    const { bundle } = await daemon.call('devices.keybundle', {})
    const role = daemon === others[0] ? 'admin' : 'user'
    await first.call('devices.add', { bundle, name: daemon.name, role })
    await daemon.call('teams.add', { team })
    await daemon.call('sync.add', { address: first.address, team })
  }
  await agreed([first, ...others])
  return team
}

/** Waits until all say the same of their team. */
export async function agreed(daemons: readonly Daemon[], ms = 30_000): Promise<void> {
  await eventually(
    async () => {
      const views = await Promise.all(daemons.map((daemon) => daemon.call('teams.ls', {})))
      const states = views.map(({ teams }) => teams[0])
      return states.every((state) => state?.state === 'open' && state.stateHash === states[0]?.stateHash)
    },
    'all agree on the team',
    ms,
  )
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(NODE_|AX_|DUMP_|VITEST|npm_)/.test(name))
  return Object.fromEntries(kept)
}
