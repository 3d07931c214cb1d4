import { describe, expect, it } from 'vitest'
import { fail } from '../../../src/base/index.ts'
import { printFailure, withHint } from '../../../src/cli/failure.ts'
import { settleOptions } from '../../../src/cli/global-options.ts'
import { fields, parts, table, text, type Outcome } from '../../../src/cli/outcome.ts'
import { printOutcome } from '../../../src/cli/printer.ts'
import { safeJson, safeText } from '../../../src/cli/safe-text.ts'
import { tableText } from '../../../src/cli/table-text.ts'
import { scriptTerminal } from '../../helpers/scripted-terminal.ts'

const evil = 'a\u001b]0;owned\u0007\u202eb\u009bc\u200f\u2028d'

async function printed(outcome: Outcome, options: Record<string, unknown> = {}, columns?: number): Promise<string> {
  const scripted = scriptTerminal(columns === undefined ? {} : { columns })
  await printOutcome(outcome, settleOptions(options, {}), scripted.terminal)
  return scripted.out
}

describe('what came from another machine', () => {
  const outcome = { result: { name: evil }, view: table(['NAME'], [[evil]]), names: [evil], notices: [evil] }
  const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200f\u2028\u202e]/

  it.each(['table', 'wide', 'json', 'jsonl', 'yaml', 'name'])('is shown and not executed as %s', async (output) => {
    const scripted = scriptTerminal()
    await printOutcome(outcome, settleOptions({ output }, {}), scripted.terminal)
    expect(scripted.out).not.toMatch(unsafe)
    expect(scripted.error).not.toMatch(unsafe)
    expect(scripted.error).toContain('\\u{1b}]0;owned')
  })

  it('survives JSON as the same text', () => {
    expect(JSON.parse(safeJson({ evil }))).toEqual({ evil })
    expect(safeJson({ evil })).not.toMatch(unsafe)
  })

  it('cannot add a line to a table', async () => {
    const view = table(['A', 'B'], [['x\ny', 'z']])
    expect((await printed({ result: null, view })).split('\n')).toEqual(['A     B', 'x\\ny  z', ''])
  })

  it('is safe in an error', () => {
    const scripted = scriptTerminal()
    printFailure(fail('ERR_INVALID_INPUT', { what: evil }), 'table', scripted.terminal, false)
    expect(scripted.error).not.toMatch(unsafe)
  })

  it('keeps the lines of a text', () => {
    expect(safeText('a\nb\n')).toBe('a\nb\n')
  })
})

describe('output formats', () => {
  const outcome = {
    result: { b: 2, a: [1] },
    view: table(['ID', 'MORE'], [['x', 'y']], { wide: ['MORE'] }),
    names: ['x'],
  }

  it.each([
    ['table', 'ID\nx\n'],
    ['wide', 'ID  MORE\nx   y\n'],
    ['json', '{"code":"OK","result":{"b":2,"a":[1]}}\n'],
    ['yaml', 'a:\n- 1\nb: 2\n'],
    ['name', 'x\n'],
  ])('-o %s', async (output, expected) => {
    expect(await printed(outcome, { output })).toBe(expected)
  })

  it('leaves out the head of tables', async () => {
    expect(await printed(outcome, { headers: false })).toBe('x\n')
  })

  it('aligns fields, puts a blank line between parts, and says when there is nothing', async () => {
    const view = parts(fields({ A: 'x\ny', Bcd: null, Gone: undefined }), table(['H'], [], { empty: 'none' }), text(''))
    expect(await printed({ result: null, view })).toBe('A:    x\n      y\nBcd:  -\n\nnone\n')
  })

  it('prints items one envelope a line', async () => {
    const items = (async function* () {
      yield { result: 1, view: text('one') }
      yield { result: 2, view: text('two') }
    })()
    const outcome = { result: null, view: text(''), items }
    expect(await printed(outcome, { json: true })).toBe('{"code":"OK","result":1}\n{"code":"OK","result":2}\n')
  })

  it('fits a terminal, cutting in the middle, and nothing without one', () => {
    const rows = [
      ['PEER', 'NAME'],
      ['12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF', 'north'],
    ]
    expect(tableText(rows, undefined)).toContain('12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF')
    const lines = tableText(rows, 40).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40)
    expect(lines[1]).toMatch(/^12D3KooW.*….*MBjPF +north$/)
  })
})

describe('failures', () => {
  function shown(error: unknown, output: 'table' | 'json' = 'table') {
    const scripted = scriptTerminal()
    const status = printFailure(error, output, scripted.terminal, false)
    return { status, out: scripted.out, error: scripted.error }
  }

  it('has a first line of a stable form, then the hint', () => {
    const { status, out, error } = shown(fail('ERR_FILE_EXISTS', { path: 'x' }))
    expect({ status, out }).toEqual({ status: 7, out: '' })
    expect(error).toBe('[ERR_FILE_EXISTS] Error: File x exists already.\nHint: Use --force to replace it.\n')
  })

  it('leaves out a hint that nobody filled, and takes a better one', () => {
    expect(shown(fail('ERR_ACCESS_LOCKOUT', { why: 'y' })).error).not.toContain('Hint')
    expect(shown(withHint(fail('ERR_FILE_EXISTS', { path: 'x' }), 'try this')).error).toContain('Hint: try this\n')
  })

  it('is one object on stdout with --json', () => {
    const { out, error } = shown(fail('ERR_FILE_EXISTS', { path: 'x' }), 'json')
    expect(error).toBe('')
    expect(JSON.parse(out)).toEqual({
      code: 'ERR_FILE_EXISTS',
      message: 'File x exists already.',
      hint: 'Use --force to replace it.',
      data: { path: 'x' },
    })
  })

  it('shows no stack trace of what is no failure of ours', () => {
    const { status, error } = shown(new TypeError('oops'))
    expect(status).toBe(1)
    expect(error).toMatch(/^\[ERR_INTERNAL_ERROR\] Error: Internal error: oops\n/)
    expect(error).not.toContain('at ')
  })
})
