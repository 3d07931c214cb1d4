// node bench/run.cjs <name>: bundles bench/<name>.ts on the fly and runs it in a clean environment.
// NODE_EXTRA_CA_CERTS alone triples the start of Node 20, so every NODE_* variable is left out.
const { spawnSync } = require('node:child_process')
const { mkdirSync } = require('node:fs')
const { join } = require('node:path')
const { buildSync } = require('esbuild')

const names = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const root = join(__dirname, '..')
const out = join(root, 'node_modules', '.cache', 'hyrax-bench')
mkdirSync(out, { recursive: true })
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')))

for (const name of names) {
  const file = join(out, `${name}.mjs`)
  buildSync({
    entryPoints: [join(__dirname, `${name}.ts`)],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    inject: [join(root, 'src', 'promise-with-resolvers.ts')],
    logLevel: 'error',
  })
  const { status } = spawnSync(
    process.execPath,
    ['--expose-gc', file, ...process.argv.slice(2).filter((word) => word.startsWith('-'))],
    {
      cwd: root,
      env,
      stdio: 'inherit',
    },
  )
  if (status !== 0) process.exit(status ?? 1)
}
