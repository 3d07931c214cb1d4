import { fail } from '../base/index.ts'
import type { OptionSpec } from './option-spec.ts'
import type { Outcome } from './outcome.ts'
import type { Session } from './session.ts'

/**
 * The command tree is data: parsing, help, and the test "every leaf has an example, every example parses" are made
 * from it. Each noun is loaded when its name is typed, so that `ax --help` reads names and summaries alone.
 */
export interface Noun {
  /** Plural; the singular and `aliases` are accepted too. */
  readonly name: string
  readonly aliases?: readonly string[]
  readonly summary: string
  /** Verbs of two words, `local get`, share a first word; this says what it is about. */
  readonly groups?: Readonly<Record<string, string>>
  readonly load: () => Promise<readonly Leaf[]>
}

/** One command. */
export interface Leaf {
  /** Words after the noun; empty where the noun is the command (`ax status`). */
  readonly verb: string
  readonly aliases?: readonly string[]
  /** As commander writes them: `<scope> [node]`. */
  readonly arguments?: string
  readonly summary: string
  readonly options?: readonly OptionSpec[]
  /** One line that works as printed. */
  readonly example: string
  /** Exit statuses beyond 0, 2, 4, 5 and 6 that matter here. */
  readonly exits?: Readonly<Record<number, string>>
  readonly run: (session: Session, input: Input) => Promise<Outcome>
}

/** What was typed after the words of a command. */
export class Input {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  /** An argument or option that must be there. */
  text(name: string): string {
    const value = this.optional(name)
    if (value === undefined) throw fail('ERR_CLI_USAGE', { what: `"${name}" is missing.`, hint: 'Add --help.' })
    return value
  }

  optional(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  list(name: string): readonly string[] {
    const value = this.#values[name]
    if (Array.isArray(value)) return value as string[]
    return typeof value === 'string' ? [value] : []
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  /** `--no-x` was given. */
  negated(name: string): boolean {
    return this.#values[name] === false
  }
}

/** Every word that selects this leaf in place of its last one: `ls` is `list`, `remove` is `rm`, `show` is `inspect`. */
export function verbForms(leaf: Leaf): readonly string[] {
  const words = leaf.verb.split(' ')
  const last = words.at(-1) ?? ''
  const forms = [last, ...(standardAliases[last] ?? []), ...(leaf.aliases ?? [])]
  return forms.map((form) => [...words.slice(0, -1), form].join(' '))
}

const standardAliases: Readonly<Record<string, readonly string[]>> = {
  ls: ['list'],
  remove: ['rm'],
  delete: ['rm'],
  rm: ['remove'],
  show: ['inspect'],
}

/** The name, its singular, and what else is accepted. */
export function nounForms(noun: Noun): readonly string[] {
  const singular = noun.name.endsWith('s') && noun.name !== 'status' ? [noun.name.slice(0, -1)] : []
  return [noun.name, ...singular, ...(noun.aliases ?? [])]
}
