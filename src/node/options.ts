import { existsSync, readFileSync } from 'node:fs'
import { isIP, isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { asHyraxError, fail, limits } from '../base/index.ts'
import { multiaddrText, parseNodeAddress, type NodeAddress } from '../codec/index.ts'
import { logLevels } from './log.ts'

/** What `axd` does when started with these words. */
export interface DaemonOptions {
  readonly command: 'run' | 'init' | 'check' | 'version' | 'help'
  readonly dataDirectory: string
  readonly socketPath: string
  /** Multiaddrs. */
  readonly bindSwarm: readonly string[]
  /** Multiaddrs. */
  readonly bindAdmin: readonly string[]
  /** Loopback only. */
  readonly bindApi: readonly { host: string; port: number }[]
  readonly peers: readonly string[]
  readonly permissioned: boolean
  readonly swarmKeyFile?: string
  readonly allowPublishedSwarmKey: boolean
  readonly passphraseFile?: string
  readonly settingsFile?: string
  readonly logLevel?: string
  readonly logFormat: 'text' | 'json'
  readonly authorize: readonly string[]
  readonly join?: string
}

const optionTable = {
  'data-dir': { type: 'string' },
  'bind-swarm': { type: 'string', multiple: true },
  'bind-admin': { type: 'string', multiple: true },
  'bind-api': { type: 'string', multiple: true },
  socket: { type: 'string' },
  peer: { type: 'string', multiple: true },
  permissioned: { type: 'boolean' },
  'swarm-key-file': { type: 'string' },
  'allow-published-swarm-key': { type: 'boolean' },
  'passphrase-file': { type: 'string' },
  settings: { type: 'string' },
  'log-level': { type: 'string' },
  'log-format': { type: 'string' },
  authorize: { type: 'string', multiple: true },
  join: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const

type TcpAddress = Extract<NodeAddress, { kind: 'tcp' }>
type Environment = Readonly<Record<string, string | undefined>>

/** Reads argv (without node and script) and environment. Fails with `ERR_CLI_USAGE`. */
export function readOptions(argv: readonly string[], environment: Environment): DaemonOptions {
  const { values, positionals } = parse(argv)
  const command = commandOf(positionals, values)
  if (command === 'run' && (values.join ?? values.authorize) !== undefined) {
    throw usage('--join and --authorize belong to axd init')
  }
  // An empty word, from a shell variable that is not set, would mean the working directory.
  if (values['data-dir'] === '') throw usage('--data-dir has an empty value')
  const directory = values['data-dir'] ?? (environment['AX_DATA_DIR'] || undefined)
  const dataDirectory = resolve(directory ?? defaultDataDirectory(environment))
  const named = directory !== undefined
  const optional = {
    swarmKeyFile: values['swarm-key-file'] ?? credential(environment, 'swarm-key'),
    passphraseFile:
      values['passphrase-file'] ?? environment['AX_PASSPHRASE_FILE'] ?? credential(environment, 'passphrase'),
    settingsFile: values.settings,
    logLevel: logLevel(values['log-level'] ?? environment['AX_LOG_LEVEL']),
    join: values.join,
  }
  return {
    command,
    dataDirectory,
    socketPath: socketPath(values.socket, dataDirectory, named, environment),
    bindSwarm: (values['bind-swarm'] ?? ['4001']).flatMap((text) => bindAddresses(text, '--bind-swarm')),
    bindAdmin: (values['bind-admin'] ?? ['4458']).flatMap((text) => bindAddresses(text, '--bind-admin')),
    bindApi: (values['bind-api'] ?? ['127.0.0.1:4457']).flatMap(apiAddresses),
    peers: (values.peer ?? []).map(peerAddress),
    permissioned: values.permissioned ?? false,
    allowPublishedSwarmKey: values['allow-published-swarm-key'] ?? false,
    logFormat: logFormat(values['log-format'] ?? environment['AX_LOG_FORMAT'] ?? 'text'),
    authorize: values.authorize ?? [],
    ...withoutUndefined(optional),
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: optionTable, allowPositionals: true })
  } catch (error) {
    throw usage(error instanceof Error ? error.message : 'unknown option')
  }
}

function commandOf(
  positionals: readonly string[],
  values: { help?: boolean; version?: boolean },
): DaemonOptions['command'] {
  if (values.help === true) return 'help'
  if (values.version === true) return 'version'
  const [command = 'run', ...rest] = positionals
  if (rest.length > 0) throw usage(`"${rest.join(' ')}" is one word too many`)
  if (command === 'run' || command === 'init' || command === 'check' || command === 'version' || command === 'help') {
    return command
  }
  throw usage(`axd has no command "${command}"`)
}

function usage(what: string) {
  return fail('ERR_CLI_USAGE', { what, hint: 'See: axd --help' })
}

function withoutUndefined<T extends Record<string, string | undefined>>(object: T): { [K in keyof T]?: string } {
  const kept: { [K in keyof T]?: string } = {}
  for (const name of Object.keys(object) as (keyof T)[]) {
    const value = object[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

function logFormat(text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text
  throw usage(`log format "${text}" is neither text nor json`)
}

function logLevel(text: string | undefined): string | undefined {
  if (text === undefined || logLevels.includes(text.toUpperCase())) return text
  throw usage(`log level "${text}" is none of ${logLevels.join(', ')}`)
}

function defaultDataDirectory(environment: Environment): string {
  const state = environment['XDG_STATE_HOME'] ?? `${environment['HOME'] ?? '/root'}/.local/state`
  return environment['STATE_DIRECTORY'] ?? `${state}/hyrax/node`
}

function credential(environment: Environment, name: string): string | undefined {
  const directory = environment['CREDENTIALS_DIRECTORY']
  const path = directory === undefined ? undefined : `${directory}/${name}`
  return path !== undefined && existsSync(path) ? path : undefined
}

/** `CLI.md` 2: the option, else the named data directory, else systemd's or the user's runtime directory. */
function socketPath(
  option: string | undefined,
  dataDirectory: string,
  named: boolean,
  environment: Environment,
): string {
  const path = option ?? `${socketDirectory(dataDirectory, named, environment)}/axd.sock`
  if (Buffer.byteLength(path) > limits.socketPathBytesMax) {
    throw fail('ERR_CLI_USAGE', {
      what: `The socket path ${path} is longer than ${String(limits.socketPathBytesMax)} bytes.`,
      hint: 'Choose a shorter one with --socket.',
    })
  }
  return path
}

function socketDirectory(dataDirectory: string, named: boolean, environment: Environment): string {
  if (named) return dataDirectory
  if (environment['RUNTIME_DIRECTORY'] !== undefined) return environment['RUNTIME_DIRECTORY']
  if (environment['XDG_RUNTIME_DIR'] !== undefined) return `${environment['XDG_RUNTIME_DIR']}/hyrax`
  return dataDirectory
}

/** A typing error here would be a node that waits for its peer without a word. */
function peerAddress(text: string): string {
  if (!text.startsWith('/')) throw usage(`--peer ${text} is no TCP multiaddr`)
  return multiaddrText(nodeAddress(text, '--peer'))
}

/** A port, host:port, [v6]:port or multiaddr, as multiaddrs to listen on. A bare port means every IPv4 and IPv6 address. */
export function bindAddresses(text: string, option: string): string[] {
  if (text.startsWith('/')) {
    const address = nodeAddress(text, option, { listen: true })
    if (!/^ip[46]$/.test(address.family) || address.peer !== undefined) {
      throw usage(`${option} ${text}: an address of this machine is /ip4/…/tcp/… or /ip6/…/tcp/…`)
    }
    return [multiaddrText(address)]
  }
  if (/^\d{1,5}$/.test(text)) {
    const port = portOf(text, option)
    const everywhere = [`/ip4/0.0.0.0/tcp/${String(port)}`]
    return hasIpv6() ? [...everywhere, `/ip6/::/tcp/${String(port)}`] : everywhere
  }
  const { host, port } = hostAndPort(text, option)
  return [`/${isIPv6(host) ? 'ip6' : 'ip4'}/${host}/tcp/${String(port)}`]
}

/** The HTTP API has no users, only an address: it listens on loopback and nowhere else. */
function apiAddresses(text: string): { host: string; port: number }[] {
  if (text === 'off') return []
  if (/^\d{1,5}$/.test(text)) {
    const port = portOf(text, '--bind-api')
    return [{ host: '127.0.0.1', port }, ...(hasIpv6() && port !== 0 ? [{ host: '::1', port }] : [])]
  }
  const address = hostAndPort(text.replace(/^localhost:/, '127.0.0.1:'), '--bind-api')
  if (address.host !== '::1' && !address.host.startsWith('127.')) {
    throw fail('ERR_CLI_USAGE', {
      what: `--bind-api ${text}: the HTTP API listens on loopback only.`,
      hint: 'From elsewhere use the admin door on port 4458.',
    })
  }
  return [address]
}

/** An address of TCP; what is none would be passed over in silence later. */
function nodeAddress(text: string, option: string, forms: { listen?: boolean } = {}): TcpAddress {
  try {
    const address = parseNodeAddress(text, forms)
    if (address.kind === 'tcp') return address
  } catch (error) {
    throw usage(`${option}: ${asHyraxError(error).message}`)
  }
  throw usage(`${option} ${text} is no address of TCP`)
}

function hostAndPort(text: string, option: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || match?.[3] === undefined || isIP(host) === 0) {
    throw usage(`${option} ${text} is no port, address:port or multiaddr`)
  }
  return { host, port: portOf(match[3], option) }
}

function portOf(text: string, option: string): number {
  const port = Number(text)
  if (port > 65_535) throw usage(`${option}: ${text} is no port`)
  return port
}

/** Listening on `::` fails where the kernel has no IPv6. */
function hasIpv6(): boolean {
  try {
    return readFileSync('/proc/net/if_inet6', 'utf8').length > 0
  } catch {
    return false
  }
}
