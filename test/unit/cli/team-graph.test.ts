import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { graphDot, graphText, type LoggedCommand } from '../../../src/cli/commands/team-graph.ts'

function entry(name: string, parents: string, more: Partial<LoggedCommand> = {}): LoggedCommand {
  const id = (one: string): string => `cmd_b${one.repeat(8)}`
  return {
    command: id(name),
    kind: 'CreateLabel',
    author: 'dev_b',
    authorName: 'hub',
    at: '',
    depth: 0,
    parents: Array.from(parents, id),
    verdict: 'effective',
    code: null,
    why: null,
    by: null,
    summary: name,
    ...more,
  }
}

const drawn = (...commands: LoggedCommand[]): string[] =>
  graphText(commands)
    .split('\n')
    .map((line) => line.replace(/cmd_b.{8} hub: /, ''))

it('a chain is one column, newest first', () => {
  expect(drawn(entry('a', ''), entry('b', 'a'), entry('c', 'b'))).toEqual(['* c', '* b', '* a'])
})

it('two sides that meet again', () => {
  expect(drawn(entry('a', ''), entry('b', 'a'), entry('c', 'a'), entry('d', 'bc'))).toEqual([
    '* d',
    '|\\',
    '| * c',
    '* | b',
    '|/',
    '* a',
  ])
})

it('three heads on one command, and what has no effect', () => {
  const lost = entry('c', 'a', { verdict: 'void', code: 'ERR_TEAM_VOIDED' })
  const late = entry('d', 'a', { verdict: 'recalled', code: 'ERR_TEAM_DUPLICATE' })
  expect(drawn(entry('a', ''), entry('b', 'a'), lost, late)).toEqual([
    'o d [recalled: ERR_TEAM_DUPLICATE]',
    '| x c [void: ERR_TEAM_VOIDED]',
    '| | * b',
    '| |/',
    '|/',
    '* a',
  ])
})

it('every line of a graph has a mark or joins lanes, and each command is drawn once, whatever the graph', () => {
  const names = Array.from('abcdefghijklmnopqrst')
  for (let seed = 1; seed < 200; seed++) {
    let random = seed
    const next = (n: number): number => (random = (random * 1_103_515_245 + 12_345) & 0x7fffffff) % n
    const commands = names.map((name, i) => {
      const parents = new Set(Array.from({ length: Math.min(i, 1 + next(3)) }, () => names[next(i)]))
      return entry(name, [...parents].join(''))
    })
    const lines = drawn(...commands)
    const marked = lines.filter((line) => line.includes('*')).map((line) => line.at(-1))
    expect(marked).toEqual(names.toReversed())
    expect(lines.every((line) => /^[|/\\_ *]+( [a-t])?$/.test(line))).toBe(true)
  }
})

it('only the last ones: parents before them are not drawn', () => {
  expect(drawn(entry('c', 'b'), entry('d', 'c'))).toEqual(['* d', '* c'])
})

it('Graphviz reads the other form, also with quotes and backslashes in names', () => {
  const dot = graphDot('team_b', [entry('a', ''), entry('b', 'a', { summary: 'say "hi"\\N }', verdict: 'void' })])
  expect(dot).toContain('"cmd_bbbbbbbbb" -> "cmd_baaaaaaaa";')
  expect(dot).toContain('style=dashed')
  expect(dot).toContain('say \\"hi\\"\\\\N }')
  const { error, status } = spawnSync('dot', ['-Tplain'], { input: dot })
  // Where Graphviz is installed it is asked.
  if (error === undefined) expect(status).toBe(0)
})
