// node bench/run.cjs <name>: bundles bench/<name>.ts on the fly and runs it in a clean environment.
// --write puts what it printed into bench/RESULTS.md.
// NODE_EXTRA_CA_CERTS alone triples the start of Node 20, so every NODE_* variable is left out.
const { spawnSync } = require('node:child_process')
const { mkdirSync } = require('node:fs')
const { join } = require('node:path')
const { buildSync } = require('esbuild')
const { writeResults } = require('./measure.cjs')

const names = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const root = join(__dirname, '..')
const out = join(root, 'node_modules', '.cache', 'hyrax-bench')
mkdirSync(out, { recursive: true })
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')))

for (const name of names) {
  const file = join(out, name, `${name}.mjs`)
  buildSync({
    entryPoints: [join(__dirname, `${name}.ts`)],
    outdir: join(out, name),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What a thread loads is a file of its own.
    splitting: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    inject: [join(root, 'src', 'promise-with-resolvers.ts')],
    logLevel: 'error',
  })
  const words = process.argv.slice(2).filter((word) => word.startsWith('-'))
  const { status, stdout } = spawnSync(process.execPath, ['--expose-gc', file, ...words], {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'inherit'],
  })
  process.stdout.write(stdout)
  if (status !== 0) process.exit(status ?? 1)
  if (words.includes('--write')) {
    const [title = name, ...lines] = stdout.trim().split('\n')
    writeResults(title.replace(/^# /, ''), ['```', ...lines, '```'])
  }
}
