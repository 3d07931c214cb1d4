import { fail } from '../base/index.ts'
import type { OptionSpec } from './option-spec.ts'

/** Options of every command (`CLI.md` 5). */
export const globalOptions: readonly OptionSpec[] = [
  { flags: '-n, --node <node>', summary: 'which node: multiaddress, host, host:port or socket (AX_NODE)' },
  { flags: '--local', summary: 'NODE as in `--local HOST`: a bare host means the HTTP API on port 4457' },
  { flags: '-i, --identity <key>', summary: 'key file or name of a key pair (AX_IDENTITY)' },
  { flags: '--expect <peerid>', summary: 'identity that must answer, as /p2p/ in the address' },
  { flags: '--team <team>', summary: 'name, id, or unique prefix of the id; needed only with several' },
  { flags: '--passphrase-file <file>', summary: 'where the passphrase of a locked key stands (AX_PASSPHRASE_FILE)' },
  { flags: '-j, --json', summary: 'the same as -o json' },
  { flags: '-o, --output <format>', summary: 'table, wide, json, jsonl, yaml or name (AX_OUTPUT)' },
  { flags: '--no-headers', summary: 'tables without their first line' },
  { flags: '--color <when>', summary: 'auto, always or never (NO_COLOR, FORCE_COLOR)' },
  { flags: '--no-input', summary: 'ask nothing, refuse instead (AX_NO_INPUT)' },
  { flags: '-y, --yes', summary: 'yes to "really?"; never accepts an unknown or changed identity' },
  { flags: '--accept-new', summary: 'accept a node that is not known yet; never one that changed' },
  { flags: '--force', summary: 'insist, where a command says that this helps' },
  { flags: '--timeout <duration>', summary: 'how long to wait for the node (20s)' },
  { flags: '-v, --verbose', summary: 'say more on stderr' },
  { flags: '-q, --quiet', summary: 'say less on stderr' },
]

const outputFormats = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const
export type OutputFormat = (typeof outputFormats)[number]

/** The global options as they count: option before environment before default. */
export interface Settled {
  readonly node?: string
  readonly local: boolean
  readonly identity?: string
  readonly expect?: string
  readonly team?: string
  readonly passphraseFile?: string
  readonly output: OutputFormat
  readonly headers: boolean
  readonly color: 'auto' | 'always' | 'never'
  readonly input: boolean
  readonly yes: boolean
  readonly acceptNew: boolean
  readonly force: boolean
  readonly timeoutMs: number
  readonly verbose: boolean
  readonly quiet: boolean
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads what commander found, and the environment. Fails with `ERR_CLI_USAGE`. */
export function settleOptions(found: Readonly<Record<string, unknown>>, environment: Environment): Settled {
  const option = (name: string) => (typeof found[name] === 'string' ? found[name] : undefined)
  const flag = (name: string) => found[name] === true
  const texts = withoutUndefined({
    node: option('node') ?? nonEmpty(environment['AX_NODE']),
    identity: option('identity') ?? nonEmpty(environment['AX_IDENTITY']),
    expect: option('expect'),
    team: option('team'),
    passphraseFile: option('passphraseFile') ?? nonEmpty(environment['AX_PASSPHRASE_FILE']),
  })
  return {
    ...texts,
    local: flag('local'),
    output: outputOf(flag('json') ? 'json' : (option('output') ?? nonEmpty(environment['AX_OUTPUT']) ?? 'table')),
    headers: found['headers'] !== false,
    color: oneOf('--color', option('color') ?? 'auto', ['auto', 'always', 'never']),
    input: found['input'] !== false && nonEmpty(environment['AX_NO_INPUT']) === undefined,
    yes: flag('yes'),
    acceptNew: flag('acceptNew'),
    force: flag('force'),
    timeoutMs: readDuration('--timeout', option('timeout') ?? '20s'),
    verbose: flag('verbose'),
    quiet: flag('quiet'),
  }
}

function outputOf(value: string): OutputFormat {
  return oneOf('--output', value, outputFormats)
}

function oneOf<T extends string>(option: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value)
  if (found !== undefined) return found
  throw fail('ERR_CLI_USAGE', {
    what: `${option} ${value}: not one of ${choices.join(', ')}.`,
    hint: 'ax help options',
  })
}

/** `500ms`, `20s`, `5m`, `24h`, or seconds without a unit; in milliseconds, at least 1. Fails with `ERR_CLI_USAGE`. */
export function readDuration(option: string, value: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/.exec(value)
  const ms = match === null ? 0 : Number(match[1]) * (units[match[2] ?? 's'] ?? 0)
  if (ms >= 1 && ms <= 2_147_483_647) return Math.round(ms)
  throw fail('ERR_CLI_USAGE', { what: `${option} ${value} is no duration.`, hint: 'Examples: 500ms, 20s, 5m, 24h' })
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function withoutUndefined<T extends Record<string, string | undefined>>(object: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string
  }
}
