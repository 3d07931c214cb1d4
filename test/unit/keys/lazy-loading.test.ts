import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const door = fileURLToPath(new URL('../../../src/keys/index.ts', import.meta.url))
const heavy = ['libsodium-wrappers-sumo', 'sodium-native', 'hash-wasm', '@noble/hashes/argon2.js']

/** Runs a script against the door in a process of its own; what is imported heavily is told by a stand-in that shouts. */
async function loadsOf(script: string): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'hyrax-loads-'))
  try {
    const outfile = join(directory, 'run.mjs')
    await build({
      stdin: {
        contents: `import * as keys from ${JSON.stringify(door)}\n${script}`,
        resolveDir: directory,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'silent',
      plugins: [
        {
          name: 'shout',
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /.*/ }, ({ path }) => (heavy.includes(path) ? { path, namespace: 'shout' } : undefined))
            onLoad({ filter: /.*/, namespace: 'shout' }, ({ path }) => ({
              contents: `console.log(${JSON.stringify(`loaded ${path}`)}); throw 'not here'`,
            }))
          },
        },
      ],
    })
    const { stdout, stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' })
    expect(stderr).toBe('')
    return stdout.split('\n').filter((line) => line.startsWith('loaded'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe('the door of keys', () => {
  it('loads no crypto library, nor does making an identity, signing and writing an unlocked key file', async () => {
    const loads = await loadsOf(`
      const identity = keys.generateIdentity(keys.systemRandom)
      identity.sign('hyrax/cmd/v1', new Uint8Array(3))
      const text = keys.formatUnlockedKeyFile(identity)
      const opened = await keys.openKeyFile(text, { path: 'x', publicText: keys.formatPublicKeyFile(identity) })
      keys.fingerprintText(opened.publicKey)
      keys.swarmKeyFingerprint(keys.generateSwarmKey(keys.systemRandom))
    `)
    expect(loads).toEqual([])
  })

  it('loads libsodium with openKeys: the native build first, WASM where that fails', async () => {
    const loads = await loadsOf(`await keys.openKeys().catch(() => undefined)`)
    expect(loads).toEqual(['loaded sodium-native', 'loaded libsodium-wrappers-sumo'])
  })
})
