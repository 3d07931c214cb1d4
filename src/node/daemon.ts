import { asHyraxError, fail, type HyraxError } from '../base/index.ts'
import { checkNode } from './check.ts'
import { initNode } from './init.ts'
import { createLog } from './log.ts'
import { createNode, type HyraxNode } from './node.ts'
import { readOptions, type DaemonOptions } from './options.ts'
import { announce } from './announce.ts'
import { version } from './version.ts'

/** Runs `axd` with these words to its end. Never throws; the result is the exit status (`CLI.md` 9). */
export async function runDaemon(argv: readonly string[], environment = process.env): Promise<number> {
  // Whoever reads what a daemon says may go away. Without a listener that is an exception, whose report is the next one.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    // With DEBUG=libp2p:* it makes the Noise library log static private keys.
    if (environment['DUMP_SESSION_KEYS'] !== undefined) throw fail('ERR_NODE_DEBUG_KEYS')
    return await runCommand(readOptions(argv, environment))
  } catch (error) {
    return report(asHyraxError(error))
  }
}

async function runCommand(options: DaemonOptions): Promise<number> {
  switch (options.command) {
    case 'help':
      process.stdout.write(helpText)
      return 0
    case 'version':
      process.stdout.write(`axd ${version}\n`)
      return 0
    case 'init':
      process.stdout.write(await initNode(options))
      return 0
    case 'check':
      return checkNode(options, (line) => process.stdout.write(`${line}\n`))
    case 'run':
      return runNode(options)
  }
}

async function runNode(options: DaemonOptions): Promise<number> {
  const stop = stopSignal()
  const log = createLog(options.logFormat, options.logLevel ?? 'INFO')
  const node = await createNode(options, { log, say: (line) => process.stderr.write(`${line}\n`) })
  guardProcess(node, (event, data) => {
    log.error(event, data)
  })
  try {
    await node.start()
    announce(node, (line) => process.stderr.write(`${line}\n`))
    await Promise.race([stop, node.stopRequested])
  } finally {
    await node.stop()
  }
  return node.failure === undefined ? 0 : report(node.failure)
}

/** One wish to stop may come as two signals: timeout(1), npm and terminals send theirs to a process and to its group. */
const sameWishMs = 500

/** Resolves at SIGTERM, SIGINT or SIGHUP; a second wish ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined
    const onSignal = (): void => {
      const now = performance.now()
      if (askedAt !== undefined && now - askedAt > sameWishMs) process.exit(1)
      askedAt ??= now
      resolve()
    }
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}

/**
 * The one process-level rule: an exception that nobody caught ends the daemon cleanly, since its state is unknown; a
 * rejection that nobody awaited is a failed connection or timer, is logged, and the node lives, else one peer could stop it.
 */
function guardProcess(node: HyraxNode, error: (event: string, data: Record<string, unknown>) => void): void {
  process.on('uncaughtException', (thrown) => {
    node.fail(asHyraxError(thrown))
  })
  process.on('unhandledRejection', (thrown) => {
    error('rejection that nobody awaited', { what: asHyraxError(thrown).message })
  })
}

function report(error: HyraxError): number {
  process.stderr.write(`[${error.code}] Error: ${error.message}\n`)
  const hint = error.hint
  if (hint !== undefined && hint !== '') process.stderr.write(`Hint: ${hint}\n`)
  return error.exitStatus
}

const helpText = `axd: the Hyrax node

  axd [run]      run the node in the foreground
  axd init       make data directory, node key and swarm key, and stop
  axd check      read everything, open nothing, say what would happen
  axd version

Options
  --data-dir DIR                 default: AX_DATA_DIR, else \$XDG_STATE_HOME/hyrax/node
  --bind-swarm PORT|ADDRESS      default 4001 (repeatable)
  --bind-admin PORT|ADDRESS      default 4458 (repeatable)
  --bind-api ADDRESS|off         default 127.0.0.1:4457, loopback only (repeatable)
  --socket PATH                  default: axd.sock in the data directory
  --peer MULTIADDR               an initial peer for this run (repeatable)
  --permissioned                 only peers listed in permissioned-nodes.json may connect
  --swarm-key-file FILE          the swarm key to use
  --allow-published-swarm-key    accept a key everybody has; for throw-away tests
  --passphrase-file FILE         opens the locked node key
  --settings FILE                settings file, default settings.yaml in the data directory
  --log-level LEVEL  --log-format text|json
  --authorize KEY                init: first key that may administer the node (repeatable)
  --join LINE|@FILE              init: prepare to join a swarm by its join line, or a team by an invite code (@FILE)

Example
  axd --data-dir ./node --bind-swarm 4001 --peer /ip4/192.0.2.7/tcp/4001

Exit status: 0 after a requested stop, 2 usage, 7 data directory or port in use, 8 settings, 9 misconfigured.
`
