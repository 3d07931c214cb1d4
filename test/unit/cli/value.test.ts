import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readEntries } from '../../../src/cli/entry-file.ts'
import { readDuration, settleOptions } from '../../../src/cli/global-options.ts'
import { createSession } from '../../../src/cli/session.ts'
import { suggest } from '../../../src/cli/suggestion.ts'
import { readValue } from '../../../src/cli/value.ts'
import { formatSwarmKey } from '../../../src/codec/index.ts'
import { expectCode, expectCodeLater } from '../../helpers/expect-code.ts'
import { scriptTerminal } from '../../helpers/scripted-terminal.ts'

const key = '0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I='

const session = createSession(settleOptions({}, {}), scriptTerminal({ input: 'from: stdin\n' }).terminal)
const read = (argument: string, scope = 'general') => readValue(session, scope, argument)

describe('a typed value', () => {
  it.each([
    [`[${key}]`, [key]],
    [`["${key}"]`, [key]],
    ['true', true],
    ['007', 7],
    ["'007'", '007'],
    ['a: 1', { a: 1 }],
    ['', null],
    [`'"@x"'`, '"@x"'],
    ['@-', { from: 'stdin' }],
  ])('%s is YAML', async (argument, value) => {
    expect((await read(argument)).value).toEqual(value)
  })

  it('keeps its characters for where text is wanted', async () => {
    expect((await read('007')).typed).toBe('007')
  })

  it.each(['[', '&a 1', '!!js/function x', 'a: 1\na: 2', '*x'])('%j is refused', async (argument) => {
    await expectCodeLater('ERR_INVALID_INPUT', read(argument))
  })

  it('must exist', async () => {
    await expectCodeLater('ERR_PATH_INVALID', read('@/no/such/file'))
  })

  it.each([
    ['swarm/swarmKey', 'x'],
    ['/swarm/swarmKey/', 'x'],
    ['com.actyx.os/general/swarmKey', 'x'],
    ['swarm', '{swarmKey: x}'],
    ['.', 'swarm: {swarmKey: x}'],
  ])('a secret at %s does not stand in argv', async (scope, argument) => {
    await expectCodeLater('ERR_CLI_SECRET_IN_ARGV', read(argument, scope))
  })

  it('a swarm key comes from a file as it stands', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'hyrax-value-')), 'swarm.key')
    const file = formatSwarmKey(new Uint8Array(32).fill(1), 'file')
    writeFileSync(path, file)
    expect((await read(`@${path}`, 'swarm/swarmKey')).value).toBe(file.trimEnd())
  })
})

describe('entries of a list file', () => {
  it('are a JSON array, one comma at its end forgiven, or lines', () => {
    expect(readEntries('["a", "b",\n]\n')).toEqual(['a', 'b'])
    expect(readEntries('# who\na\n\n  b  \n')).toEqual(['a', 'b'])
  })

  it.each(['[1]', '["a"', '[["a"]]', '["a",,]'])('%s is refused', (document) => {
    expectCode('ERR_CODEC_JSON', () => readEntries(document))
  })
})

describe('options', () => {
  it.each([
    ['500ms', 500],
    ['20s', 20_000],
    ['1.5m', 90_000],
    ['24h', 86_400_000],
    ['7', 7_000],
  ])('%s is a duration', (typed, ms) => {
    expect(readDuration('--timeout', typed)).toBe(ms)
  })

  it.each(['', '-1s', '0', 's', '1y', '99999999999s', 'Infinity'])('%j is none', (typed) => {
    expectCode('ERR_CLI_USAGE', () => readDuration('--timeout', typed))
  })

  it('come before the environment, and empty variables do not count', () => {
    expect(settleOptions({ output: 'yaml' }, { AX_OUTPUT: 'json' }).output).toBe('yaml')
    expect(settleOptions({}, { AX_OUTPUT: 'json' }).output).toBe('json')
    expect(settleOptions({}, { AX_OUTPUT: '', AX_NO_INPUT: '' })).toMatchObject({ output: 'table', input: true })
    expect(settleOptions({ json: true, output: 'yaml' }, {}).output).toBe('json')
  })
})

describe('a suggestion', () => {
  it.each([
    ['settigns', 'settings'],
    ['SHOW', 'show'],
    ['lst', 'ls'],
    ['zzzzzz', undefined],
  ])('for %s is %s', (typed, meant) => {
    expect(suggest(typed, ['settings', 'ls', 'show', 'add'])).toBe(meant)
  })
})
