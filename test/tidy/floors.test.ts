import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

/**
 * The rule of the floors is proved by breaking it: each case is a small house that is sound but for one planted fault,
 * and the check must name that fault. A check that has never been seen to fail is none.
 */
const root = path.resolve(import.meta.dirname, '../..')
const made: string[] = []

const table = `
| floor | room | what it is for | imports rooms | may import from outside |
| --- | --- | --- | --- | --- |
| 0 | \`ground\` | words | | node:path |
| 1 | \`left\` | a room | ground | zod |
| 1 | \`right\` | a room | ground | |
| 2 | \`top\` | a room | left | node:* @scope/* |
| 2 | \`later\` | *to come* | left | |
`

const sound: Record<string, string> = {
  'ARCHITECTURE.md': table,
  'tsconfig.json': '{"compilerOptions":{"module":"nodenext","allowImportingTsExtensions":true,"noEmit":true}}',
  'package.json': '{"type":"module"}',
  'node_modules/zod/package.json': '{"name":"zod","version":"1.0.0","exports":"./index.js"}',
  'node_modules/zod/index.js': 'export const z = 1',
  'node_modules/@scope/thing/package.json': '{"name":"@scope/thing","version":"1.0.0","exports":"./index.js"}',
  'node_modules/@scope/thing/index.js': 'export const thing = 1',
  'src/index.ts': "export { top } from './top/index.ts'\nexport { right } from './right/index.ts'\n",
  'src/bin/run.ts': "import { top } from '../top/index.ts'\ntop()\n",
  'src/ground/index.ts': "export { stone, type Stone } from './stone.ts'\n",
  'src/ground/stone.ts': "import path from 'node:path'\nexport type Stone = string\nexport const stone = path.sep\n",
  'src/left/index.ts': "export { left } from './left.ts'\n",
  'src/left/left.ts':
    "import { z } from 'zod'\nimport { stone } from '../ground/index.ts'\nexport const left = [z, stone]\n",
  'src/right/index.ts': "export { right } from './right.ts'\n",
  'src/right/right.ts': "import type { Stone } from '../ground/index.ts'\nexport const right: Stone = ''\n",
  'src/top/index.ts': "export { top } from './top.ts'\n",
  'src/top/top.ts':
    "import net from 'node:net'\nimport { thing } from '@scope/thing'\nimport { left } from '../left/index.ts'\n" +
    'export const top = () => [net, thing, left]\n',
}

/** Builds the sound house with the changes, and checks it. */
function check(changes: Record<string, string>): { status: number | null; output: string } {
  const house = mkdtempSync(path.join(tmpdir(), 'hyrax-floors-'))
  made.push(house)
  for (const [file, text] of Object.entries({ ...sound, ...changes })) {
    const target = path.join(house, file)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  const run = spawnSync(process.execPath, [path.join(root, 'scripts/floors.cjs')], { cwd: house, encoding: 'utf8' })
  return { status: run.status, output: run.stdout + run.stderr }
}

const planted: [what: string, rule: string, changes: Record<string, string>][] = [
  [
    'an upward import',
    'ground-upward',
    {
      'src/ground/stone.ts':
        "import { right } from '../right/index.ts'\nexport type Stone = string\nexport const stone = right\n",
    },
  ],
  [
    'an upward import of a type alone',
    'ground-upward',
    {
      'src/ground/stone.ts':
        "import type { top } from '../top/index.ts'\nexport type Stone = typeof top\nexport const stone = 1\n",
    },
  ],
  [
    'an import of a sibling',
    'right-sibling',
    { 'src/right/right.ts': "import { left } from '../left/index.ts'\nexport const right = left\n" },
  ],
  [
    'an import of a lower room that is not in the row',
    'top-not-in-row',
    { 'src/top/top.ts': "import { stone } from '../ground/index.ts'\nexport const top = () => stone\n" },
  ],
  [
    'an import past the door',
    'left-past-the-door',
    { 'src/left/left.ts': "import { stone } from '../ground/stone.ts'\nexport const left = stone\n" },
  ],
  [
    "an import of the own room's door",
    'right-own-door',
    {
      'src/right/right.ts': "export const right = ''\n",
      'src/right/more.ts': "import { right } from './index.ts'\nexport const more = right\n",
      'src/right/index.ts': "export { right } from './right.ts'\nexport { more } from './more.ts'\n",
    },
  ],
  [
    'an entry that goes past a door',
    'entry-past-the-door',
    { 'src/bin/run.ts': "import { top } from '../top/top.ts'\ntop()\n" },
  ],
  [
    'a room that imports an entry',
    'top-entry',
    {
      'src/top/top.ts':
        "import { left } from '../left/index.ts'\nimport '../polyfill.ts'\nexport const top = () => left\n",
      'src/polyfill.ts': 'export {}\n',
    },
  ],
  [
    'a package outside the row',
    'right-outside',
    { 'src/right/right.ts': "import { z } from 'zod'\nexport const right = z\n" },
  ],
  [
    'a module of Node outside the row',
    'right-outside',
    { 'src/right/right.ts': "import net from 'node:net'\nexport const right = net\n" },
  ],
  ['a folder that is no room', 'src/attic is not a room', { 'src/attic/index.ts': 'export const attic = 1\n' }],
  [
    'an import of a folder that is no room',
    'unmapped-room',
    {
      'src/attic/index.ts': 'export const attic = 1\n',
      'src/index.ts':
        "export { attic } from './attic/index.ts'\nexport { top } from './top/index.ts'\nexport { right } from './right/index.ts'\n",
    },
  ],
  ['a room to come that has come', 'src/later exists', { 'src/later/index.ts': 'export const later = 1\n' }],
  ['a room without a door', 'src/later has no door', { 'src/later/thing.ts': 'export const later = 1\n' }],
  [
    'a cycle of types',
    'cycle',
    {
      'src/right/right.ts':
        "import type { More } from './more.ts'\nexport const right = ''\nexport type Right = More\n",
      'src/right/more.ts': "import type { Right } from './right.ts'\nexport type More = Right[]\n",
    },
  ],
  ['a file that nobody uses', 'orphan', { 'src/right/alone.ts': 'export const alone = 1\n' }],
  [
    'an import that leads nowhere',
    'unresolved',
    {
      'src/top/top.ts':
        "import { left } from '../left/index.ts'\nimport '@scope/gone'\nexport const top = () => left\n",
    },
  ],
  [
    'a row that points up',
    'points up or sideways',
    { 'ARCHITECTURE.md': table.replace('| words | |', '| words | top |') },
  ],
  [
    'a row that points sideways',
    'points up or sideways',
    { 'ARCHITECTURE.md': table.replace('| a room | ground | zod |', '| a room | ground right | zod |') },
  ],
  [
    'a row that names no room',
    'there is no room cellar',
    { 'ARCHITECTURE.md': table.replace('| a room | ground | zod |', '| a room | ground cellar | zod |') },
  ],
  [
    'a row without a folder',
    'there is no folder src/later',
    { 'ARCHITECTURE.md': table.replace('*to come*', 'a room') },
  ],
]

describe('the floors', () => {
  afterAll(() => {
    for (const house of made) rmSync(house, { recursive: true, force: true })
  })

  it('pass a sound house', () => {
    expect(check({})).toMatchObject({ status: 0 })
  })

  it.each(planted)('refuse %s', (_, rule, changes) => {
    const { status, output } = check(changes)
    expect(output).toContain(rule)
    expect(status).toBe(1)
  })
})
