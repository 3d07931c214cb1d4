import { Command, CommanderError, Option } from 'commander'
import { fail } from '../base/index.ts'
import { globalOptions } from './global-options.ts'
import { Input, type Leaf, type Noun } from './grammar.ts'
import type { OptionSpec } from './option-spec.ts'
import { suggest } from './suggestion.ts'

/** What commander read of one command line. */
export type Parsed =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'run'; readonly input: Input; readonly options: Readonly<Record<string, unknown>> }

/** Words of a command as one types them. */
export function commandWords(noun: Noun, leaf: Leaf): string {
  return leaf.verb === '' ? noun.name : `${noun.name} ${leaf.verb}`
}

/** Parses what follows the words of a command. Fails with `ERR_CLI_USAGE`. */
export function parseLeaf(noun: Noun, leaf: Leaf, rest: readonly string[]): Parsed {
  const command = buildCommand(noun, leaf)
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text), writeErr: () => undefined })
  let values: Record<string, unknown> = {}
  command.action((...given: unknown[]) => {
    const names = command.registeredArguments.map((argument) => argument.name())
    const words = names.map((name, index) => [name, given[index]] as const)
    // An argument that is absent must not hide an option of the same name: `create [name]` and `--name`.
    values = { ...command.opts(), ...Object.fromEntries(words.filter(([, value]) => value !== undefined)) }
  })
  try {
    command.parse(rest, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') return { kind: 'help', text: help }
    throw usage(error, command, commandWords(noun, leaf))
  }
  return { kind: 'run', input: new Input(values), options: command.opts() }
}

/** The command as commander knows it, with the global options hidden from its help. */
export function buildCommand(noun: Noun, leaf: Leaf): Command {
  const command = new Command(`ax ${commandWords(noun, leaf)}`)
  command.description(leaf.summary).exitOverride().allowExcessArguments(false)
  for (const argument of (leaf.arguments ?? '').split(' ').filter((word) => word !== '')) command.argument(argument)
  for (const option of leaf.options ?? []) command.addOption(makeOption(option))
  const taken = command.options.flatMap((option) => [option.short, option.long])
  for (const option of globalOptions) {
    const free = withoutTaken(option, taken)
    if (free !== undefined) command.addOption(makeOption(free).hideHelp())
  }
  command.helpOption('-h, --help', 'this page')
  command.addHelpText('after', () => epilogue(leaf))
  return command
}

/** A command's own option wins over a global one of the same letter: `-o` of `keygen` is a file. */
function withoutTaken(option: OptionSpec, taken: readonly (string | undefined)[]): OptionSpec | undefined {
  const [names = '', ...value] = option.flags.split(/ (?=[<[])/)
  const free = names.split(', ').filter((name) => !taken.includes(name))
  if (!free.some((name) => name.startsWith('--'))) return undefined
  return { ...option, flags: [free.join(', '), ...value].join(' ') }
}

function makeOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.summary)
  if (spec.repeatable === true) {
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
  }
  return option
}

function epilogue(leaf: Leaf): string {
  const exits = Object.entries(leaf.exits ?? {}).map(([status, meaning]) => `  ${status}  ${meaning}`)
  return [
    '',
    'Example:',
    `  ${leaf.example}`,
    ...(exits.length > 0 ? ['', 'Exit status:', ...exits] : []),
    '',
    'Options of every command: ax help options. Exit statuses: ax help exit-codes.',
  ].join('\n')
}

function usage(error: CommanderError, command: Command, words: string) {
  const [first = ''] = error.message.replace(/^error: /, '').split('\n')
  const what = `${first.charAt(0).toUpperCase()}${first.slice(1)}${first.endsWith('.') ? '' : '.'}`
  const typed = /unknown option '([^'=]+)/.exec(error.message)?.[1]
  // Commander suggests no hidden options, and the global ones are hidden from a command's page.
  const known = command.options.flatMap((option) => option.long ?? [])
  const meant = typed === undefined ? undefined : suggest(typed, known)
  return fail('ERR_CLI_USAGE', {
    what,
    hint: meant === undefined ? `See: ax ${words} --help` : `Did you mean ${meant}?`,
  })
}
