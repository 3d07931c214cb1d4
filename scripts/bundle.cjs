'use strict'
/** `ax` and `axd` as bundles in dist/bin. Takes a second; what cannot be bundled stays a package. */
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')

/** Packages with files of their own beside their code (prebuilds, WebAssembly). */
const external = ['classic-level', 'libsodium-wrappers-sumo', 'sodium-native']

// CommonJS packages inside an ES module call require.
const banner = `import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)`

function bundle() {
  const { buildSync } = require('esbuild')
  const outdir = path.join(root, 'dist', 'bin')
  const fresh = `${outdir}.${process.pid}`
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: ['src/bin/ax.ts', 'src/bin/axd.ts'],
    outdir: fresh,
    bundle: true,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external,
    banner: { js: banner },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  })
  replaceDirectory(fresh, outdir)
  fs.writeFileSync(path.join(root, 'dist', 'bundle.json'), JSON.stringify(metafile))
}

/** Swaps the finished bundles in, so that a process that starts meanwhile finds the old ones or the new ones. */
function replaceDirectory(fresh, place) {
  const old = `${place}.old.${process.pid}`
  if (fs.existsSync(place)) fs.renameSync(place, old)
  fs.renameSync(fresh, place)
  fs.rmSync(old, { recursive: true, force: true })
}

module.exports = { bundle }
