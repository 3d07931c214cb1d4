import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/**
 * A process that replaces one file and meets its fate at the n-th call of the file system: kill -9, or an error as of a
 * full disk. Every call that `writeFileAtomic` makes is counted, so no moment is left out.
 */
const victim = `
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const { FATE, AT, FILE, OVERWRITE } = process.env
let calls = 0
const meet = (original) => async function (...given) {
  if (calls++ === Number(AT)) {
    if (FATE === 'kill') process.kill(process.pid, 'SIGKILL')
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
  }
  return original.apply(this, given)
}
const probe = await fs.promises.open('/dev/null')
const handle = Object.getPrototypeOf(probe)
await probe.close()
for (const name of ['open', 'rename', 'link', 'stat']) fs.promises[name] = meet(fs.promises[name])
for (const name of ['writeFile', 'sync', 'chmod', 'chown']) handle[name] = meet(handle[name])
if (FATE === 'nolink') fs.promises.link = () => Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' }))
syncBuiltinESMExports()
const { writeFileAtomic } = await import('./files.mjs')
try {
  await writeFileAtomic(FILE, 'n'.repeat(300000), { mode: 0o600, overwrite: OVERWRITE === 'yes' })
  console.log(calls <= Number(AT) ? 'untouched' : 'survived')
} catch (error) {
  console.log(error.code)
}
`

let directory: string
const oldText = 'o'.repeat(100)
const newText = 'n'.repeat(300_000)

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hyrax-crash-'))
  const entry = fileURLToPath(new URL('../../src/files/index.ts', import.meta.url))
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(directory, 'files.mjs'),
  })
  writeFileSync(join(directory, 'victim.mjs'), victim)
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Runs the victim to its n-th call in a folder of its own; gives what it said and what lies there. */
function meetFate(fate: 'kill' | 'fail' | 'nolink', at: number, before: string | undefined) {
  const folder = mkdtempSync(join(directory, 'case-'))
  const file = join(folder, 'settings.yaml')
  if (before !== undefined) writeFileSync(file, before, { mode: 0o600 })
  const env = { FATE: fate, AT: String(at), FILE: file, OVERWRITE: before === undefined ? 'no' : 'yes' }
  const said = spawnSync(process.execPath, [join(directory, 'victim.mjs')], { env, encoding: 'utf8' }).stdout.trim()
  const names = readdirSync(folder)
  return { said, names, content: names.includes('settings.yaml') ? readFileSync(file, 'utf8') : undefined }
}

/** Every moment, until the run in which none of the calls was hit. */
function everyFate(fate: 'kill' | 'fail', before: string | undefined) {
  const fates = []
  for (let at = 0; ; at++) {
    const met = meetFate(fate, at, before)
    if (met.said === 'untouched') return fates
    fates.push(met)
    expect(fates.length).toBeLessThan(30)
  }
}

describe('fault/R2 fault/R3 sec/K4 replacing a file', () => {
  it.each([oldText, undefined])('kill -9 at every call leaves the old or the new, never a part', (before) => {
    const fates = everyFate('kill', before)
    expect(fates.length).toBeGreaterThan(5)
    for (const { content } of fates) expect([before, newText]).toContain(content)
    expect(new Set(fates.map(({ content }) => content)).size).toBe(2)
  })

  it.each([oldText, undefined])('an error at every call is told, and nothing is left lying about', (before) => {
    for (const { said, names, content } of everyFate('fail', before)) {
      expect(said).toBe('ERR_IO')
      expect([before, newText]).toContain(content)
      expect(names.filter((name) => name !== 'settings.yaml')).toEqual([])
    }
  })

  it('works on a file system without hard links, and still replaces nothing unasked', () => {
    const fresh = meetFate('nolink', 999, undefined)
    expect(fresh).toEqual({ said: 'untouched', names: ['settings.yaml'], content: newText })
    const folder = mkdtempSync(join(directory, 'case-'))
    writeFileSync(join(folder, 'file'), 'kept')
    const env = { FATE: 'nolink', AT: '999', FILE: join(folder, 'file'), OVERWRITE: 'no' }
    const { stdout } = spawnSync(process.execPath, [join(directory, 'victim.mjs')], { env, encoding: 'utf8' })
    expect(stdout.trim()).toBe('ERR_FILE_EXISTS')
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept')
    expect(readdirSync(folder)).toEqual(['file'])
  })
})
