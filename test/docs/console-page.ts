import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** One command of a page, and the lines the page says it prints. */
export interface Typed {
  readonly line: string
  readonly expected: readonly string[]
}

const root = path.resolve(import.meta.dirname, '../..')

/** The commands of a page: lines with `$ ` in its `console` blocks, each with the lines that follow. */
export function readCommands(page: string): Typed[] {
  const text = readFileSync(path.join(root, page), 'utf8')
  return [...text.matchAll(/^```console\n([^]*?)^```$/gm)].flatMap(([, block = '']) => {
    const typed: { line: string; expected: string[] }[] = []
    for (const line of block.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) typed.push({ line: line.slice(2), expected: [] })
      else typed.at(-1)?.expected.push(line)
    }
    return typed
  })
}

/** Matches the expected lines: `…` alone on a line is any number of lines, within one it is any text. */
export function expectedPattern(expected: readonly string[]): RegExp {
  const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const lines = expected.map((line) => {
    if (line === '…') return '(?:.*\\n)*?'
    // Around the dots of a line that begins and ends with them, other lines may stand too.
    const anywhere = line.startsWith('…') && line.endsWith('…') ? '(?:.*\\n)*?' : ''
    return `${anywhere}${line.split('…').map(escape).join('.*')}\\n${anywhere}`
  })
  return new RegExp(`^${lines.join('')}$`)
}

/** A shell in an empty directory with `ax` and `axd` on its path, in a network of its own where the kernel gives one. */
export interface Shell {
  run(typed: Typed): Promise<{ status: number; output: string }>
  close(): Promise<void>
}

/** The ports that the pages name. Without a network of our own they must be free. */
export const ownNetwork = spawnSync('unshare', ['-rn', 'ip', 'link', 'set', 'lo', 'up']).status === 0

export function openShell(): Shell {
  const home = mkdtempSync(path.join(tmpdir(), 'hyrax-docs-'))
  const work = path.join(home, 'work')
  mkdirSync(work)
  installPrograms(path.join(home, 'bin'))
  writeFileSync(
    path.join(home, 'state'),
    `PATH=${quote(`${home}/bin:${process.env['PATH'] ?? ''}`)}\nHOME=${quote(home)}\n`,
  )
  const network = ownNetwork ? spawn('unshare', ['-rn', 'sh', '-c', 'ip link set lo up; exec sleep 1000']) : undefined
  const daemons: ChildProcess[] = []
  const up = networkIsUp(network)
  return {
    async run(typed) {
      await up
      const script = `set -a; . ${home}/state; cd ${work}; ${unset}; ${typed.line.replace(/&$/, '')}\nstatus=$?; export -p > ${home}/state; exit $status`
      const command = [...enter(network), 'bash', '-c', script]
      if (!typed.line.endsWith('&')) return runCommand(command, typed)
      const daemon = startDaemon(command, work, typed.line)
      daemons.push(daemon.child)
      return daemon.ready
    },
    async close() {
      for (const child of daemons.reverse()) await end(child)
      network?.kill('SIGKILL')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** The variables that would make the page's `ax` another one's, or slow. */
const unset = 'unset NODE_EXTRA_CA_CERTS NODE_OPTIONS XDG_CONFIG_HOME XDG_STATE_HOME XDG_RUNTIME_DIR'

function installPrograms(directory: string): void {
  mkdirSync(directory)
  for (const name of ['ax', 'axd']) {
    const file = path.join(directory, name)
    writeFileSync(
      file,
      `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(path.join(root, 'bin', `${name}.cjs`))} "$@"\n`,
    )
    chmodSync(file, 0o755)
  }
}

/** The namespace is made by a process of its own: entered too early it is ours, or there is none. */
async function networkIsUp(network: ChildProcess | undefined): Promise<void> {
  if (network === undefined) return
  const [, ...args] = [...enter(network), 'ip', '-o', 'link', 'show', 'lo']
  const own = readlinkSync('/proc/self/ns/net')
  for (let turn = 0; turn < 100; turn += 1) {
    const isOther = readlinkSync(`/proc/${String(network.pid)}/ns/net`) !== own
    if (isOther && spawnSync('nsenter', args, { encoding: 'utf8' }).stdout.includes(',UP')) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function enter(network: ChildProcess | undefined): string[] {
  if (network?.pid === undefined) return []
  return ['nsenter', '-t', String(network.pid), '-U', '-n', '--preserve-credentials']
}

/** Runs a command to its end. Where the page shows an answer to a question, it runs at a terminal and is answered. */
function runCommand(command: string[], typed: Typed): Promise<{ status: number; output: string }> {
  const asked = typed.expected.find((line) => /\(yes\/no\)\? \S+$/.test(line))
  const answer = asked?.replace(/^.*\? /, '')
  const [program = '', ...args] =
    answer === undefined ? command : ['script', '-qec', command.map(quote).join(' '), '/dev/null']
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    let answered = answer === undefined
    const look = (text: string) => {
      output += text
      if (answered || !output.includes('(yes/no)?')) return
      answered = true
      child.stdin.write(`${answer ?? ''}\r`)
    }
    child.stdout.setEncoding('utf8').on('data', look)
    child.stderr.setEncoding('utf8').on('data', look)
    child.once('close', (status) => {
      resolve({ status: status ?? -1, output: output.replaceAll('\r', '') })
    })
    if (answered) child.stdin.end()
  })
}

/** Starts what the page starts with `&`; ready when the socket of its data directory is there. */
function startDaemon(command: string[], work: string, line: string) {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: 'ignore', detached: true })
  const directory = /--data-dir (\S+)/.exec(line)?.[1] ?? ''
  const ready = (async () => {
    for (let turn = 0; turn < 200; turn += 1) {
      if (existsSync(path.join(work, directory, 'axd.sock'))) return { status: 0, output: '' }
      if (child.exitCode !== null) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const log = /2> (\S+)/.exec(line)?.[1]
    return { status: child.exitCode ?? 1, output: log ? readFileSync(path.join(work, log), 'utf8') : '' }
  })()
  return { child, ready }
}

/** Ends a daemon with everything in its group. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  process.kill(-child.pid, 'SIGTERM')
  await ended
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
