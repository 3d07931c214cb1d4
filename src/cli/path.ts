import { fail } from '../base/index.ts'
import { globalOptions } from './global-options.ts'
import { nounForms, verbForms, type Leaf, type Noun } from './grammar.ts'
import type { OptionSpec } from './option-spec.ts'
import { suggest } from './suggestion.ts'

/** Where the typed words lead. */
export type Path =
  | { readonly kind: 'root' }
  | { readonly kind: 'noun'; readonly noun: Noun; readonly leaves: readonly Leaf[]; readonly group?: string }
  | { readonly kind: 'leaf'; readonly noun: Noun; readonly leaf: Leaf; readonly rest: readonly string[] }

/**
 * Finds the command whatever options stand before or between its words; `rest` is argv without those words.
 * Fails with `ERR_CLI_USAGE` and one suggestion.
 */
export async function findPath(nouns: readonly Noun[], argv: readonly string[]): Promise<Path> {
  const first = wordAt(argv, 0, globalOptions)
  if (first === undefined) return { kind: 'root' }
  const typed = argv[first] ?? ''
  const noun = nouns.find((candidate) => nounForms(candidate).includes(typed))
  if (noun === undefined) throw unknown(`ax has no command "${typed}".`, typed, nouns.flatMap(nounForms), 'ax help')
  const leaves = await noun.load()
  return findLeaf(noun, leaves, without(argv, first), first)
}

function findLeaf(noun: Noun, leaves: readonly Leaf[], argv: readonly string[], from: number): Path {
  const only = leaves.find((leaf) => leaf.verb === '')
  if (only !== undefined) return { kind: 'leaf', noun, leaf: only, rest: argv }
  const options = [...globalOptions, ...leaves.flatMap((leaf) => leaf.options ?? [])]
  const first = wordAt(argv, from, options) ?? wordAt(argv, 0, options)
  if (first === undefined) return { kind: 'noun', noun, leaves }
  const word = argv[first] ?? ''
  const leaf = leaves.find((candidate) => verbForms(candidate).includes(word))
  if (leaf !== undefined) return { kind: 'leaf', noun, leaf, rest: without(argv, first) }
  const grouped = leaves.filter((candidate) => candidate.verb.startsWith(`${word} `))
  if (grouped.length === 0) {
    const known = leaves.flatMap(verbForms).map((form) => form.split(' ')[0] ?? '')
    throw unknown(`"ax ${noun.name}" has no verb "${word}".`, word, known, `ax ${noun.name} --help`)
  }
  return findGrouped(noun, grouped, word, without(argv, first), options)
}

function findGrouped(
  noun: Noun,
  leaves: readonly Leaf[],
  group: string,
  argv: readonly string[],
  options: readonly OptionSpec[],
): Path {
  const second = wordAt(argv, 0, options)
  if (second === undefined) return { kind: 'noun', noun, leaves, group }
  const word = argv[second] ?? ''
  const leaf = leaves.find((candidate) => verbForms(candidate).includes(`${group} ${word}`))
  if (leaf !== undefined) return { kind: 'leaf', noun, leaf, rest: without(argv, second) }
  const known = leaves.flatMap(verbForms).map((form) => form.split(' ')[1] ?? '')
  throw unknown(`"ax ${noun.name} ${group}" has no verb "${word}".`, word, known, `ax ${noun.name} ${group} --help`)
}

/** Index of the next word that is neither an option nor an option's value, from `from` on. */
function wordAt(argv: readonly string[], from: number, options: readonly OptionSpec[]): number | undefined {
  for (let index = from; index < argv.length; index++) {
    const token = argv[index] ?? ''
    if (token === '--') return undefined
    if (!token.startsWith('-') || token === '-') return index
    if (takesNext(token, options)) index++
  }
  return undefined
}

function takesNext(token: string, options: readonly OptionSpec[]): boolean {
  return options.some((option) => /[<[]/.test(option.flags) && option.flags.split(/[ ,]+/).includes(token))
}

function without(argv: readonly string[], index: number): readonly string[] {
  return [...argv.slice(0, index), ...argv.slice(index + 1)]
}

function unknown(what: string, typed: string, known: readonly string[], help: string) {
  const meant = suggest(typed, known)
  return fail('ERR_CLI_USAGE', { what, hint: meant === undefined ? `See: ${help}` : `Did you mean ${meant}?` })
}
