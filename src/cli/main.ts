import { settleOptions, type OutputFormat, type Settled } from './global-options.ts'
import { nouns } from './nouns.ts'
import { findPath, type Path } from './path.ts'
import { openTerminal, type Terminal } from './terminal.ts'

/**
 * Runs one command line, without `node` and the script's name, and gives the exit status. Never throws.
 * What it loads follows the words: help loads no client, and a command that needs no node loads nothing of libp2p.
 */
export async function main(argv: readonly string[], terminal: Terminal = openTerminal()): Promise<number> {
  try {
    return await runWords(argv, terminal)
  } catch (error) {
    // Before the options are read, the output format is what stands in argv.
    const { printFailure } = await import('./failure.ts')
    return printFailure(error, earlyFormat(argv, terminal), terminal, terminal.colors.stderr)
  }
}

async function runWords(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first] = argv
  if (first === 'help') return showHelp(argv.slice(1), terminal)
  if (argv.length === 1 && first === '--version') return runWords(['version'], terminal)
  const path = await findPath(nouns, argv)
  if (path.kind === 'leaf') return runLeaf(path, terminal)
  const { pathHelp } = await import('./help.ts')
  const asked = argv.length === 0 || argv.includes('--help') || argv.includes('-h')
  const page = await pathHelp(path)
  if (asked) terminal.writeOut(page)
  else terminal.writeError(page)
  return asked ? 0 : 2
}

async function showHelp(words: readonly string[], terminal: Terminal): Promise<number> {
  const { helpFor } = await import('./help.ts')
  terminal.writeOut(await helpFor(words.filter((word) => !word.startsWith('-'))))
  return 0
}

async function runLeaf({ noun, leaf, rest }: Path & { kind: 'leaf' }, terminal: Terminal): Promise<number> {
  const loading = Promise.all([import('./session.ts'), import('./printer.ts')])
  const { parseLeaf } = await import('./leaf-command.ts')
  const parsed = parseLeaf(noun, leaf, rest)
  if (parsed.kind === 'help') {
    terminal.writeOut(parsed.text)
    return 0
  }
  const settled = settleOptions(parsed.options, terminal.environment)
  const [{ createSession }, { printOutcome }] = await loading
  const session = createSession(settled, terminal)
  try {
    const outcome = await leaf.run(session, parsed.input)
    await printOutcome(outcome, settled, terminal)
    return outcome.exit ?? 0
  } catch (error) {
    const { printFailure } = await import('./failure.ts')
    return printFailure(error, settled.output, terminal, colored(settled, terminal))
  } finally {
    await session.close()
  }
}

/** `--color` before NO_COLOR before FORCE_COLOR before what the terminal is. */
function colored(settled: Settled, terminal: Terminal): boolean {
  if (settled.color !== 'auto') return settled.color === 'always'
  if ((terminal.environment['NO_COLOR'] ?? '') !== '') return false
  return (terminal.environment['FORCE_COLOR'] ?? '') !== '' || terminal.colors.stderr
}

function earlyFormat(argv: readonly string[], terminal: Terminal): OutputFormat {
  const asked =
    argv.includes('-j') || argv.includes('--json') || argv.some((word) => /^(-o|--output=)?json$/.test(word))
  return asked || terminal.environment['AX_OUTPUT'] === 'json' ? 'json' : 'table'
}

/** Whatever nobody caught: one line, no stack trace at a terminal (`CLI.md` 9). */
export function reportLost(thrown: unknown): never {
  const what = thrown instanceof Error ? thrown.message : String(thrown)
  process.stderr.write(`[ERR_INTERNAL_ERROR] Error: Internal error: ${JSON.stringify(what)}\n`)
  process.exit(1)
}
