'use strict'
/** `npm run lint`: eslint, the floors, the format. All three run; the exit status tells whether one failed. */
const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { checkNode, install, root, runTool } = require('./prepare.cjs')

const formatted = ['src', 'test', 'bench', 'examples', 'scripts', 'bin', '.dependency-cruiser.cjs', '*.js', '*.ts']

function lint() {
  const floors = () =>
    spawnSync(process.execPath, [path.join(__dirname, 'floors.cjs')], { cwd: root, stdio: 'inherit' })
  const failed = [
    ['eslint', runTool('eslint', ['--max-warnings', '0', '.'])],
    ['floors', floors().status],
    [
      'format',
      runTool('prettier', ['--check', '--log-level', 'warn', '--no-error-on-unmatched-pattern', ...formatted]),
    ],
  ].filter(([, status]) => status !== 0)
  for (const [name] of failed) console.error(`lint: ${name} failed`)
  return failed.length === 0
}

if (require.main === module) {
  checkNode('hyrax')
  install()
  process.exitCode = lint() ? 0 : 1
}

module.exports = { lint }
