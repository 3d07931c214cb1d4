import { describe, expect, it } from 'vitest'
import { everyLeaf } from '../../../src/cli/help.ts'
import { parseLeaf } from '../../../src/cli/leaf-command.ts'
import { main } from '../../../src/cli/main.ts'
import { nouns } from '../../../src/cli/nouns.ts'
import { findPath } from '../../../src/cli/path.ts'
import { topics } from '../../../src/cli/topics.ts'
import { scriptTerminal, type TerminalScript } from '../../helpers/scripted-terminal.ts'

async function run(argv: string[], script: TerminalScript = {}) {
  const scripted = scriptTerminal(script)
  const status = await main(argv, scripted.terminal)
  return { status, out: scripted.out, error: scripted.error, config: scripted.config }
}

const leaves = await everyLeaf()

describe('the tree', () => {
  it.each(leaves.map((one) => [`${one.noun.name} ${one.leaf.verb}`.trim(), one] as const))(
    'ax %s: its example parses and leads to it',
    async (_, { leaf }) => {
      const words = splitWords(leaf.example)
      expect(words[0]).toBe('ax')
      const path = await findPath(nouns, words.slice(1))
      expect(path).toMatchObject({ kind: 'leaf', leaf: { verb: leaf.verb, summary: leaf.summary } })
      if (path.kind === 'leaf') expect(parseLeaf(path.noun, path.leaf, path.rest).kind).toBe('run')
    },
  )

  it.each(leaves.map((one) => [`${one.noun.name} ${one.leaf.verb}`.trim(), one] as const))(
    'ax %s --help says what, one example and where more stands',
    async (words, { leaf }) => {
      const { status, out } = await run([...words.split(' '), '--help'])
      expect(status).toBe(0)
      expect(out).toContain(`Usage: ax ${words}`)
      expect(out).toContain(leaf.example)
    },
  )

  it.each([
    ['setting', 'get'],
    ['team', 'ls'],
    ['teams', 'list'],
    ['device', 'rm', 'x'],
    ['nodes', 'inspect'],
    ['swarms', 'list-keys'],
    ['swarms', 'listKeys'],
    ['key', 'remove', 'x'],
    ['role', 'inspect', 'owner'],
  ])('takes the singular and the aliases: ax %s %s', async (...words) => {
    expect(await findPath(nouns, words)).toMatchObject({ kind: 'leaf' })
  })

  it.each([
    [['settings', 'get', '--local', '.', '/dns4/localhost/tcp/4458']],
    [['settings', 'get', '.', '--local', '/dns4/localhost/tcp/4458']],
    [['settings', '--local', 'get', '.', '/dns4/localhost/tcp/4458']],
    [['--local', 'settings', 'get', '.', '/dns4/localhost/tcp/4458']],
    [['-n', 'x', '--timeout', '5s', 'settings', 'get', '.', '--local', '/dns4/localhost/tcp/4458']],
  ])('options stand anywhere: %j', async (argv) => {
    const path = await findPath(nouns, argv)
    if (path.kind !== 'leaf') throw new Error('no leaf')
    const parsed = parseLeaf(path.noun, path.leaf, path.rest)
    if (parsed.kind !== 'run') throw new Error('help')
    expect(parsed.options['local']).toBe(true)
    expect(parsed.input.optional('scope')).toBe('.')
    expect(parsed.input.optional('node')).toBe('/dns4/localhost/tcp/4458')
  })

  it('a value that begins with a dash follows --', async () => {
    const path = await findPath(nouns, ['settings', 'set', 'general/displayName', '--', '-x'])
    if (path.kind !== 'leaf') throw new Error('no leaf')
    const parsed = parseLeaf(path.noun, path.leaf, path.rest)
    expect(parsed.kind === 'run' && parsed.input.text('value')).toBe('-x')
  })
})

describe('usage', () => {
  it.each([
    [['settigns', 'get'], 'Did you mean settings?'],
    [['settings', 'gte'], 'Did you mean get?'],
    [['settings', 'local', 'gett'], 'Did you mean get?'],
    [['settings', 'get', '--lokal'], 'Did you mean --local?'],
    [['xyzzyxyzzy'], 'See: ax help'],
    [['settings', 'get', 'a', 'b', 'c'], 'See: ax settings get --help'],
    [['help', 'exit-code'], 'Did you mean ax help exit-codes?'],
  ])('%j: exit 2 and one hint', async (argv, hint) => {
    const { status, out, error } = await run(argv)
    expect(status).toBe(2)
    expect(out).toBe('')
    expect(error).toMatch(/^\[ERR_CLI_USAGE\] Error: .+\nHint: /)
    expect(error).toContain(hint)
  })

  it('speaks JSON about usage too, on stdout', async () => {
    const { status, out, error } = await run(['settigns', '--json'])
    expect(status).toBe(2)
    expect(error).toBe('')
    expect(JSON.parse(out)).toMatchObject({ code: 'ERR_CLI_USAGE', hint: 'Did you mean settings?' })
  })

  it.each([
    ['--output', 'xml'],
    ['--timeout', 'soon'],
    ['--color', 'blue'],
  ])('refuses %s %s', async (...option) => {
    expect((await run(['version', ...option])).error).toContain('[ERR_CLI_USAGE]')
  })
})

describe('help', () => {
  it('names every noun, alone and with --help', async () => {
    for (const argv of [[], ['--help'], ['help']]) {
      const { status, out } = await run(argv)
      expect(status).toBe(0)
      for (const noun of nouns) expect(out).toContain(`  ${noun.name} `)
    }
  })

  it('lists the verbs of a noun; without --help that is a mistake', async () => {
    expect(await run(['teams', '--help'])).toMatchObject({ status: 0 })
    const { status, out, error } = await run(['teams'])
    expect(status).toBe(2)
    expect(out).toBe('')
    expect(error).toContain('ax teams create')
  })

  it.each(Object.keys(topics))('has the topic %s', async (topic) => {
    const { status, out } = await run(['help', topic])
    expect(status).toBe(0)
    expect(out.length).toBeGreaterThan(100)
  })

  it('says the version', async () => {
    expect((await run(['--version'])).out).toMatch(/^ax \d+\.\d+\.\d+ on Node v/)
    expect((await run(['version', '-o', 'name'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

/** Words as a shell takes them, for the quotes that examples use. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '')
}
