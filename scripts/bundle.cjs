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

/** Builds the bundles where the source has changed since they were built. */
function bundle() {
  const outdir = path.join(root, 'dist', 'bin')
  const report = path.join(root, 'dist', 'bundle.json')
  if (isFresh(report, outdir)) return
  const { buildSync } = require('esbuild')
  const fresh = `${outdir}.${process.pid}`
  try {
    // One build each: in a common one `ax` would load what only `axd` uses of a room, because chunks are cut by file.
    const reports = ['ax', 'axd'].map((name) => bundleOne(buildSync, name, fresh))
    replaceDirectory(fresh, outdir)
    const outputs = Object.assign({}, ...reports.map((one) => one.outputs))
    const inputs = Object.assign({}, ...reports.map((one) => one.inputs))
    fs.writeFileSync(report, JSON.stringify({ inputs, outputs }))
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true })
  }
}

/** True where everything that goes into the bundles is older than they are. A folder is as new as its last change. */
function isFresh(report, outdir) {
  if (!fs.existsSync(report) || !fs.existsSync(outdir)) return false
  const built = fs.statSync(report).mtimeMs
  const sources = fs.readdirSync(path.join(root, 'src'), { recursive: true }).map((name) => path.join('src', name))
  const others = ['src', 'package.json', 'package-lock.json', 'scripts/bundle.cjs']
  return [...sources, ...others].every((name) => fs.statSync(path.join(root, name)).mtimeMs < built)
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
    // What is parsed costs memory for as long as axd runs. Names stay, for the log of a bug.
    minifyWhitespace: true,
    minifySyntax: true,
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

if (require.main === module) bundle()

module.exports = { bundle }
