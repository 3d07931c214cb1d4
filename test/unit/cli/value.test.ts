import { describe, expect, it } from 'vitest'
import { readEntries } from '../../../src/cli/entry-file.ts'
import { readDuration, settleOptions } from '../../../src/cli/global-options.ts'
import { suggest } from '../../../src/cli/suggestion.ts'
import { parseYamlValue, refuseSecretInArgv } from '../../../src/cli/value.ts'
import { expectCode, expectCodeLater } from '../../helpers/expect-code.ts'

const key = '0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I='

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
  ])('%s is YAML', async (typed, value) => {
    expect(await parseYamlValue(typed)).toEqual(value)
  })

  it.each(['[', '&a 1', '!!js/function x', 'a: 1\na: 2', '*x'])('%j is refused', async (typed) => {
    await expectCodeLater('ERR_INVALID_INPUT', parseYamlValue(typed))
  })

  it.each([
    ['swarm/swarmKey', 'x', 'x'],
    ['/swarm/swarmKey', 'x', 'x'],
    ['com.actyx.os/general/swarmKey', 'x', 'x'],
    ['swarm', { swarmKey: 'x' }, '{swarmKey: x}'],
    ['.', { swarm: { swarmKey: 'x' } }, 'swarm: {swarmKey: x}'],
  ])('a secret at %s does not stand in argv', (scope, value, argument) => {
    expectCode('ERR_CLI_SECRET_IN_ARGV', () => refuseSecretInArgv(scope, value, argument))
    expect(() => refuseSecretInArgv(scope, value, '@file')).not.toThrow()
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
