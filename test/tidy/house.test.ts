import path from 'node:path'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { filesBelow, root, textOf } from './source.ts'

const code = [
  ...['src', 'test', 'bench', 'examples', 'scripts', 'bin'].flatMap((folder) => filesBelow(folder, /\.(ts|cjs|js)$/)),
]

/** Lines that are neither blank nor comment. */
function codeLines(text: string): number {
  return text.split('\n').filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length
}

describe('the files', () => {
  it('hold at most 400 lines of code', () => {
    expect(code.filter((file) => codeLines(textOf(file)) > 400)).toEqual([])
  })

  it('have no names that say nothing', () => {
    const vague = /(^|[/-])(utils?|helpers?|managers?|common|misc|types|model)(\.(ts|cjs|js)$|\/)/
    expect(code.filter((file) => vague.test(file) && !file.startsWith('test/helpers/'))).toEqual([])
  })

  it('have names in kebab-case', () => {
    const plain = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.(ts|cjs|js)$/
    expect(code.filter((file) => !plain.test(path.basename(file)))).toEqual([])
  })

  it('leave nothing for later and switch no test or rule off', () => {
    // Spelled so that this file does not find itself.
    const marks = new RegExp(
      ['TO' + 'DO', 'FIX' + 'ME', 'eslint-' + 'disable', '@ts-' + 'ignore', 'as ' + 'any\\b'].join('|'),
    )
    expect(code.filter((file) => marks.test(textOf(file)))).toEqual([])
    expect(code.filter((file) => new RegExp('\\.on' + 'ly\\(').test(textOf(file)))).toEqual([])
  })
})

describe('the lock file', () => {
  const { packages } = JSON.parse(textOf('package-lock.json')) as {
    packages: Record<string, { resolved?: string; integrity?: string; inBundle?: boolean; hasInstallScript?: boolean }>
  }
  const entries = Object.entries(packages).filter(([name]) => name !== '')

  it('says of every package what it must hash to, and ties none to one registry', () => {
    // docs/decisions/0001-lock-file.md: npm resolves the name at whichever registry is set up; the hash decides.
    const bad = entries.filter(([, entry]) => !entry.inBundle && (entry.resolved !== undefined || !entry.integrity))
    expect(bad.map(([name]) => name)).toEqual([])
  })

  it('holds the known install scripts and no others; none is run', () => {
    const scripts = entries.filter(([, entry]) => entry.hasInstallScript).map(([name]) => name)
    const known = ['node_modules/classic-level', 'node_modules/esbuild', 'node_modules/fsevents']
    expect(scripts.filter((name) => !known.includes(name))).toEqual([])
    expect(textOf('.npmrc')).toContain('ignore-scripts=true')
  })
})

describe('the documents', () => {
  const pages = [...filesBelow('docs', /\.md$/), 'README.md', 'ARCHITECTURE.md']

  it('link to files that exist', () => {
    const broken = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)]
        .map(([, target]) => target ?? '')
        .filter((target) => !existsSync(path.resolve(root, path.dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    )
    expect(broken).toEqual([])
  })
})
