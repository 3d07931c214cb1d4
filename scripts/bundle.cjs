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
  // One build each: in a common one `ax` would load what only `axd` uses of a room, because chunks are cut by file.
  const reports = ['ax', 'axd'].map((name) => bundleOne(buildSync, name, fresh))
  replaceDirectory(fresh, outdir)
  const outputs = Object.assign({}, ...reports.map((report) => report.outputs))
  const inputs = Object.assign({}, ...reports.map((report) => report.inputs))
  fs.writeFileSync(path.join(root, 'dist', 'bundle.json'), JSON.stringify({ inputs, outputs }))
}

function bundleOne(buildSync, name, outdir) {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [`src/bin/${name}.ts`],
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: `${name}-[hash]`,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external,
    banner: { js: banner },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  })
  return metafile
}

/** Swaps the finished bundles in, so that a process that starts meanwhile finds the old ones or the new ones. */
function replaceDirectory(fresh, place) {
  const old = `${place}.old.${process.pid}`
  if (fs.existsSync(place)) fs.renameSync(place, old)
  fs.renameSync(fresh, place)
  fs.rmSync(old, { recursive: true, force: true })
}

module.exports = { bundle }
