import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const door = fileURLToPath(new URL('../../../src/keys/index.ts', import.meta.url))

/** The door as a bundle with its chunks, as ax and axd are built, in a process of its own. */
it('sec/K1 a bundled program derives in a thread of its own and goes on meanwhile', async () => {
  const directory = mkdtempSync(
    join(fileURLToPath(new URL('../../../node_modules/', import.meta.url)), '.hyrax-thread-'),
  )
  try {
    await build({
      stdin: {
        contents: `
          import { createHook } from 'node:async_hooks'
          import * as keys from ${JSON.stringify(door)}
          let threads = 0
          createHook({ init: (_, type) => void (type === 'WORKER' && threads++) }).enable()
          const password = new TextEncoder().encode('secret')
          const secret = keys.identityFromSeed(new Uint8Array(32))
          let ticks = 0
          const ticking = setInterval(() => ticks++, 1)
          const text = await keys.lockKeyFile({ secret, password, random: keys.systemRandom, cost: { memory: 65536, iterations: 3 } })
          clearInterval(ticking)
          const [first, second] = await Promise.all([1, 2].map(() => keys.openKeyFile(text, { path: 'x', password })))
          const wrong = await keys.openKeyFile(text, { path: 'x', password: new Uint8Array(3) }).catch((error) => error.code)
          console.log(JSON.stringify({ same: first.peer === secret.peer && second.peer === secret.peer, wrong, threads, ticked: ticks > 5 }))
        `,
        resolveDir: directory,
      },
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      outdir: directory,
      external: ['libsodium-wrappers-sumo', 'sodium-native'],
      banner: { js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url)" },
      outExtension: { '.js': '.mjs' },
      entryNames: 'run',
      logLevel: 'silent',
    })
    const { stdout, stderr } = spawnSync(process.execPath, [join(directory, 'run.mjs')], {
      encoding: 'utf8',
      cwd: tmpdir(),
    })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({ same: true, wrong: 'ERR_KEYS_PASSWORD', threads: 4, ticked: true })
  } finally {
    rmSync(directory, { recursive: true })
  }
})
