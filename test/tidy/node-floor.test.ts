import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { root } from './source.ts'

/** An old Node.js gets one line from every entry, not a stack trace from the depths of a package. */
const entries = ['bin/ax.cjs', 'bin/axd.cjs', 'scripts/start.cjs', 'scripts/test.cjs', 'scripts/build.cjs']

/** A module that makes this Node.js call itself another. */
function pretend(version: string): string {
  const code = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  return `data:text/javascript,${encodeURIComponent(code)}`
}

describe('an old Node.js', () => {
  it.each(entries)('is turned away by %s with one line', (entry) => {
    const run = spawnSync(process.execPath, ['--import', pretend('18.20.4'), entry], { cwd: root, encoding: 'utf8' })
    expect(run.stderr).toMatch(/^\w+ needs Node\.js 20\.19 or later; this is 18\.20\.4\.\n$/)
    expect(run.stdout).toBe('')
    expect(run.status).toBe(9)
  })

  it('is one older than 20.19', () => {
    const checkNode = 'require("./bin/node-floor.cjs").checkNode("x")'
    const statusOf = (version: string) =>
      spawnSync(process.execPath, ['--import', pretend(version), '-e', checkNode], { cwd: root }).status
    expect(['20.18.3', '16.0.0', '20.19.0', '20.20.2', '22.0.0', '24.21.0'].map(statusOf)).toEqual([9, 9, 0, 0, 0, 0])
  })
})
