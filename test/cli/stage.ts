import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export const root = path.resolve(import.meta.dirname, '../..')
export const isBuilt = ['ax', 'axd'].every((name) => existsSync(path.join(root, 'dist/bin', `${name}.js`)))
export const hasScript = existsSync('/usr/bin/script')

export interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** A home, a path with `ax` and `axd`, and the daemons of one transcript. */
export class Stage {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'hyrax-cli-'))
  readonly #daemons = new Map<string, ChildProcessWithoutNullStreams>()
  readonly #environment: NodeJS.ProcessEnv

  constructor() {
    const bin = path.join(this.directory, 'bin')
    mkdirSync(bin)
    for (const name of ['ax', 'axd']) {
      const script = `#!/bin/sh\nexec '${process.execPath}' '${path.join(root, 'bin', `${name}.cjs`)}' "$@"\n`
      writeFileSync(path.join(bin, name), script, { mode: 0o755 })
    }
    const home = path.join(this.directory, 'home')
    mkdirSync(home, { mode: 0o700 })
    this.#environment = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: home,
      SHELL: '/bin/bash',
      TERM: 'dumb',
      NO_COLOR: '1',
      LANG: 'C.UTF-8',
      // A terminal wide enough for ids; what is cut is tested elsewhere.
      COLUMNS: '200',
    }
  }

  /** Starts a daemon; gives what is known about it, by name. */
  async startNode(name: string, options: string): Promise<[string, string][]> {
    const dir = path.join(this.directory, name)
    const defaults = ['--bind-swarm 127.0.0.1:0', '--bind-admin 127.0.0.1:0', '--bind-api off'].filter(
      (option) => !options.includes(option.split(' ')[0] ?? ''),
    )
    const words = `exec axd --data-dir '${dir}' ${defaults.join(' ')} ${options}`
    const child = spawn('bash', ['-c', words], { env: this.#environment, cwd: this.directory })
    this.#daemons.set(name, child)
    const said = await saidUntilReady(child)
    const port = /^Admin: \/ip4\/[\d.]+\/tcp\/(\d+)$/m.exec(said)?.[1] ?? ''
    return [
      [name, `/ip4/127.0.0.1/tcp/${port}`],
      [`${name}.port`, port],
      [`${name}.peer`, /^PeerId: (\S+)$/m.exec(said)?.[1] ?? ''],
      [`${name}.swarm`, /^Swarm: (\S+)$/m.exec(said)?.[1] ?? ''],
      [`${name}.dir`, dir],
    ]
  }

  async stopNode(name: string): Promise<void> {
    const child = this.#daemons.get(name)
    this.#daemons.delete(name)
    if (child === undefined || child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }

  run(command: string): Promise<Ran> {
    const child = spawn('bash', ['-c', command], { env: this.#environment, cwd: this.directory })
    child.stdin.end()
    return result(child)
  }

  /** Under a terminal of its own; types an answer each time a question stands at the end of what was printed. */
  runTyped(command: string, answers: readonly string[]): Promise<Ran> {
    const left = [...answers]
    const options = { env: this.#environment, cwd: this.directory }
    const child = spawn('script', ['-q', '-e', '-c', command, '/dev/null'], options)
    let seen = ''
    child.stdout.on('data', (bytes: Buffer) => {
      seen += bytes.toString('utf8')
      if (!/(\? ?|: )$/.test(seen) || left.length === 0) return
      seen = ''
      const answer = left.shift() ?? ''
      child.stdin.write(answer === '^C' ? '\u0003' : answer === '^D' ? '\u0004' : `${answer}\r`)
    })
    return result(child)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#daemons.keys()].map((name) => this.stopNode(name)))
    rmSync(this.directory, { recursive: true, force: true })
  }
}

function saidUntilReady(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString('utf8')
      if (/^Ready\.$/m.test(said)) resolve(said)
    })
    child.once('exit', () => reject(new Error(`axd ended:\n${said}`)))
  })
}

function result(child: ChildProcessWithoutNullStreams): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = []
    const error: Buffer[] = []
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
    child.stderr.on('data', (bytes: Buffer) => error.push(bytes))
    child.once('error', reject)
    child.once('close', (status) => {
      const [stdout, stderr] = [out, error].map((parts) =>
        Buffer.concat(parts).toString('utf8').replaceAll('\r\n', '\n'),
      )
      resolve({ status: status ?? -1, stdout: stdout ?? '', stderr: stderr ?? '' })
    })
  })
}
