import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './source.ts'

/**
 * What `ax` loads is what its start costs. A command that needs no node loads nothing of libp2p and no libsodium; one
 * that talks to a node loads no libp2p host (CLI.md 11). What is loaded is asked of Node.js, not of the source.
 */
interface Metafile {
  outputs: Record<string, { bytes: number; inputs: Record<string, unknown> }>
}

const report = path.join(root, 'dist/bundle.json')
const built = existsSync(report)
if (!built) console.log('skipped: what ax loads (build it first: npm run build)')

/** Packages and rooms whose code a run of `ax` loads, and the bytes of its chunks. */
function loadedBy(args: string[]): { packages: string[]; rooms: string[]; bytes: number; text: string } {
  const home = mkdtempSync(path.join(tmpdir(), 'hyrax-loads-'))
  const loads = path.join(home, 'loads')
  const hook = path.join(root, 'test/tidy/log-loads.mjs')
  const env = { PATH: process.env['PATH'], HOME: home, AX_CONFIG_DIR: home, AX_DATA_DIR: home, LOADS: loads }
  const run = spawnSync(process.execPath, ['--import', hook, path.join(root, 'bin/ax.cjs'), ...args], {
    env,
    encoding: 'utf8',
  })
  const urls = readFileSync(loads, 'utf8').trim().split('\n')
  rmSync(home, { recursive: true, force: true })
  return { ...contentsOf(urls), text: run.stdout + run.stderr }
}

function contentsOf(urls: string[]) {
  const { outputs } = JSON.parse(readFileSync(report, 'utf8')) as Metafile
  const chunks = new Map(Object.entries(outputs).map(([file, output]) => [path.basename(file), output]))
  const files = urls.filter((url) => url.startsWith('file:')).map((url) => url.slice(7))
  const loaded = files.flatMap((file) => chunks.get(path.basename(file)) ?? [])
  const inputs = [...loaded.flatMap((chunk) => Object.keys(chunk.inputs)), ...files]
  const names = (pattern: RegExp) => [...new Set(inputs.flatMap((file) => pattern.exec(file)?.[1] ?? []))].sort()
  return {
    packages: names(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/),
    rooms: names(/^src\/([a-z-]+)\//),
    bytes: loaded.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

describe.skipIf(!built)('what axd loads', () => {
  it('is no language of zod but one', () => {
    const { outputs } = JSON.parse(readFileSync(report, 'utf8')) as Metafile
    const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs))
    // `import { z }` brings all of them, half a megabyte for as long as the daemon runs; `import * as z` brings none.
    expect(inputs.filter((file) => /zod\/v4\/locales\/(?!en)/.test(file))).toEqual([])
  })
})

describe.skipIf(!built)('what ax loads', () => {
  it('is words alone for --help', () => {
    const { packages, bytes, text } = loadedBy(['--help'])
    console.log(`ax --help: ${String(bytes)} bytes, ${packages.join(' ')}`)
    expect(text).toContain('ax')
    expect(packages.filter((name) => !['commander', 'picocolors'].includes(name))).toEqual([])
  })

  it('is no libp2p host, no schema and no daemon for a command to a node', () => {
    const { packages, rooms, bytes, text } = loadedBy(['settings', 'get', '.', '--node', '127.0.0.1:1'])
    console.log(`ax settings get: ${String(bytes)} bytes, ${packages.join(' ')}`)
    expect(text).toContain('ERR_NODE_UNREACHABLE')
    const heavy = ['libp2p', '@libp2p/tcp', '@libp2p/identify', '@libp2p/ping', 'zod', 'hono', 'pino', 'classic-level']
    expect(packages.filter((name) => heavy.includes(name))).toEqual([])
    expect(rooms.filter((name) => ['host', 'swarm', 'admin', 'store', 'team', 'node'].includes(name))).toEqual([])
  })

  it('is nothing of libp2p for making a key', () => {
    const { packages, bytes } = loadedBy(['keys', 'generate'])
    console.log(`ax keys generate: ${String(bytes)} bytes, ${packages.join(' ')}`)
    expect(packages.filter((name) => /libp2p|multiformats/.test(name))).toEqual([])
  })
})
