import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { errorCodes, labels } from '../../src/base/index.ts'
import { filesBelow, root, textOf } from './source.ts'

const sources = filesBelow('src', /\.ts$/)
const tests = filesBelow('test', /\.(ts|txt)$/)
const wordsOf = (files: string[]) => new Set(files.flatMap((file) => textOf(file).match(/\bERR_[A-Z0-9_]+/g) ?? []))
const codes = Object.keys(errorCodes)

describe('the table of codes', () => {
  const raised = wordsOf(sources.filter((file) => !/^src\/base\/(team-)?error-codes\.ts$/.test(file)))
  const asserted = wordsOf(tests)

  it('holds no code that nothing raises', () => {
    expect(codes.filter((code) => !raised.has(code))).toEqual([])
  })

  it('holds no code that no test asserts', () => {
    expect(codes.filter((code) => !asserted.has(code))).toEqual([])
  })

  it('holds every code that the source names', () => {
    expect([...raised].filter((code) => !codes.includes(code) && code !== 'ERR_X' && !code.endsWith('_'))).toEqual([])
  })

  it('says "not found" for everything that a team does not know', () => {
    const unknown = Object.entries(errorCodes).filter(
      ([code]) => code.startsWith('ERR_TEAM_UNKNOWN_') && code !== 'ERR_TEAM_UNKNOWN_KIND',
    )
    expect(unknown).toHaveLength(8)
    expect(unknown.filter(([, { exit }]) => exit !== 3).map(([code]) => code)).toEqual([])
  })

  it('has a message for people in every row, and an exit status that is documented', () => {
    const statuses = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 130]
    const bad = Object.entries(errorCodes).filter(([, { message, exit }]) => message === '' || !statuses.includes(exit))
    expect(bad).toEqual([])
  })
})

describe('the labels', () => {
  const texts = Object.values(labels)

  it('are unique, and none is a prefix of another', () => {
    const clashes = texts.flatMap((a, i) => texts.filter((b, j) => i !== j && b.startsWith(a)).map((b) => [a, b]))
    expect(clashes).toEqual([])
  })

  it('are spelled in one file', () => {
    // As a value: a comment may quote one.
    const spelled = sources.filter((file) => /^[^*]*'hyrax\/[a-z-]+\/v\d/m.test(textOf(file)))
    expect(spelled).toEqual(['src/base/labels.ts'])
  })

  it('are all in use', () => {
    const used = sources.map(textOf).join('\n')
    expect(Object.keys(labels).filter((name) => !used.includes(`labels.${name}`))).toEqual([])
  })
})

describe('the limits', () => {
  it('have their reason and end in a unit or a bound', async () => {
    const { limits } = await import('../../src/base/index.ts')
    const text = textOf('src/base/limits.ts')
    const bare = Object.keys(limits).filter((name) => !new RegExp(`\\*/\\s*\\n\\s*${name}:`).test(text))
    expect(bare).toEqual([])
    expect(Object.keys(limits).filter((name) => !/(Max|Min|Ms|Interval|From|Wait)$/.test(name))).toEqual([])
  })
})

describe('the pages of docs/reference', () => {
  it('say what their tables say', () => {
    const run = spawnSync(process.execPath, ['scripts/docs.cjs', '--check'], { cwd: root, encoding: 'utf8' })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
  })
})
