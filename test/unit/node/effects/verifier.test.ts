import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { labels } from '../../../../src/base/index.ts'
import { generateIdentity, openKeys, systemRandom, type KeyCheck } from '../../../../src/keys/index.ts'
import { createVerifier } from '../../../../src/node/effects/verifier.ts'

it('answers in the order asked, whatever the size, where no thread can be had', async () => {
  const keys = await openKeys()
  const verifier = createVerifier(keys, { threads: 2 })
  const identity = generateIdentity(systemRandom)
  const bytes = new Uint8Array(9)
  const good = keys.sign(identity, labels.command, bytes)
  const checks = Array.from({ length: 1_000 }, (_, i): KeyCheck => {
    const signature = i % 3 === 0 ? new Uint8Array(64) : good
    return { kind: 'signature', publicKey: identity.publicKey, label: labels.command, bytes, signature }
  })
  const all = await Promise.all([verifier.verify(checks), verifier.verify(checks.slice(1, 2)), verifier.verify([])])
  expect(all[0]).toEqual(checks.map((_, i) => i % 3 !== 0))
  expect(all.slice(1)).toEqual([[true], []])
  verifier.stop()
})

/** Run from a bundle, as axd is: a thread can load its file there. */
const program = `
import { labels } from './src/base/index.ts'
import { generateIdentity, openKeys, systemRandom } from './src/keys/index.ts'
import { createVerifier } from './src/node/effects/verifier.ts'
const keys = await openKeys()
const verifier = createVerifier(keys, { threads: 1 })
const identity = generateIdentity(systemRandom)
const bytes = new Uint8Array(9)
const good = keys.sign(identity, labels.command, bytes)
const checks = Array.from({ length: 6000 }, (_, i) => ({
  kind: 'signature', publicKey: identity.publicKey, label: labels.command, bytes,
  signature: i % 3 === 0 ? new Uint8Array(64) : good,
}))
const answers = [await verifier.verify(checks), await verifier.verify(checks)]
const right = answers.every((verdicts) => verdicts.every((holds, i) => holds === (i % 3 !== 0)))
console.log(JSON.stringify({ right, byThreads: verifier.byThreads > 0 }))
verifier.stop()
`

it('shares a catch-up with a thread, and every answer is the same', async () => {
  const root = process.cwd()
  const directory = await mkdtemp(join(tmpdir(), 'hyrax-verifier-'))
  try {
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
    await symlink(join(root, 'src'), join(directory, 'src'))
    await writeFile(join(directory, 'program.ts'), program)
    const shape = { bundle: true, splitting: true, platform: 'node', format: 'esm', packages: 'external' } as const
    const outdir = join(directory, 'out')
    await build({ entryPoints: [join(directory, 'program.ts')], outdir, outExtension: { '.js': '.mjs' }, ...shape })
    const { stdout } = await promisify(execFile)(process.execPath, [join(outdir, 'program.mjs')])
    expect(JSON.parse(stdout)).toEqual({ right: true, byThreads: true })
  } finally {
    await rm(directory, { recursive: true })
  }
}, 60_000)
