import { fail } from '../base/index.ts'
import { nounForms, verbForms, type Leaf, type Noun } from './grammar.ts'
import { nouns } from './nouns.ts'
import { findPath, type Path } from './path.ts'
import { suggest } from './suggestion.ts'
import { topics } from './topics.ts'

/** What `ax` alone and `ax --help` print. */
export function rootHelp(): string {
  const width = Math.max(...nouns.map(({ name }) => name.length))
  return [
    'ax talks to Hyrax nodes. Usage: ax <noun> <verb> [arguments] [options]',
    '',
    ...nouns.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    `More: ax <noun> --help, ax help <topic> (${Object.keys(topics).join(', ')})`,
    'Example: ax status',
    '',
  ].join('\n')
}

/** What `ax <noun> --help` prints. */
export function nounHelp(noun: Noun, leaves: readonly Leaf[], group?: string): string {
  const lines = leaves.map(
    (leaf) => [`${noun.name} ${leaf.verb} ${leaf.arguments ?? ''}`.trim(), leaf.summary] as const,
  )
  const width = Math.max(...lines.map(([words]) => words.length))
  const about = group === undefined ? noun.summary : (noun.groups?.[group] ?? noun.summary)
  const [first] = leaves
  return [
    `ax ${[noun.name, ...(group === undefined ? [] : [group])].join(' ')}: ${about}`,
    '',
    ...lines.map(([words, summary]) => `  ax ${words.padEnd(width)}  ${summary}`),
    '',
    `Example: ${first?.example ?? ''}`,
    '',
  ].join('\n')
}

/** The page of a command, noun or topic, as `ax help …` prints it. Fails with `ERR_CLI_USAGE`. */
export async function helpFor(words: readonly string[]): Promise<string> {
  const [word] = words
  if (word === undefined) return rootHelp()
  const isNoun = nouns.some((noun) => nounForms(noun).includes(word))
  if (!isNoun) return topicHelp(word)
  return pathHelp(await findPath(nouns, words))
}

export async function pathHelp(path: Path): Promise<string> {
  if (path.kind === 'root') return rootHelp()
  if (path.kind === 'noun') return nounHelp(path.noun, path.leaves, path.group)
  const { buildCommand } = await import('./leaf-command.ts')
  let text = ''
  const command = buildCommand(path.noun, path.leaf)
  command.configureOutput({ writeOut: (part) => (text += part) })
  command.outputHelp()
  return text
}

function topicHelp(word: string): string {
  const topic = topics[word]
  if (topic !== undefined) return `${topic().trim()}\n`
  const meant = suggest(word, [...nouns.flatMap(nounForms), ...Object.keys(topics)])
  const hint = meant === undefined ? `Topics: ${Object.keys(topics).join(', ')}` : `Did you mean ax help ${meant}?`
  throw fail('ERR_CLI_USAGE', { what: `There is no page "${word}".`, hint })
}

/** Every command with the words that select it; for the reference page and the tests. */
export async function everyLeaf(): Promise<{ noun: Noun; leaf: Leaf; forms: readonly string[] }[]> {
  const loaded = await Promise.all(nouns.map(async (noun) => ({ noun, leaves: await noun.load() })))
  return loaded.flatMap(({ noun, leaves }) => leaves.map((leaf) => ({ noun, leaf, forms: verbForms(leaf) })))
}
