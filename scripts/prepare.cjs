'use strict'
/** What every script needs first: the right Node.js, the packages, the bundles. Needs nothing installed itself. */
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { checkNode } = require('../bin/node-floor.cjs')

const root = path.join(__dirname, '..')

/** Installs the packages of the lock file where they are missing or older than it. */
function install() {
  const mark = path.join(root, 'node_modules', '.package-lock.json')
  const lock = path.join(root, 'package-lock.json')
  if (fs.existsSync(mark) && fs.statSync(mark).mtimeMs >= fs.statSync(lock).mtimeMs) return
  if (fs.existsSync(mark) && sameLock(lock, mark)) return
  console.error('Installing packages: npm ci')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
}

/** True where what is installed is what the lock file says, whatever the times of the files. */
function sameLock(lock, mark) {
  const wanted = JSON.parse(fs.readFileSync(lock, 'utf8')).packages
  const found = JSON.parse(fs.readFileSync(mark, 'utf8')).packages
  return Object.entries(wanted).every(([name, entry]) => {
    if (name === '' || entry.optional) return true
    return found[name]?.version === entry.version
  })
}

/** Runs a command in the project's directory with its output shown; ends this process when it fails. */
function run(command, args, options = {}) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (status !== 0) process.exit(status ?? 1)
}

/** Runs a tool of node_modules; returns its exit status. */
function runTool(name, args) {
  const manifest = require(path.join(root, 'node_modules', name, 'package.json'))
  const bin = typeof manifest.bin === 'string' ? manifest.bin : Object.values(manifest.bin)[0]
  const file = path.join(root, 'node_modules', name, bin)
  return spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' }).status ?? 1
}

/** Node.js, packages; then `ax` and `axd` as bundles of what src/ holds now. */
function prepare() {
  checkNode('hyrax')
  install()
  // In a process of its own: esbuild's service would stay as long as this one, which may be a whole demo.
  run(process.execPath, [path.join(__dirname, 'bundle.cjs')])
}

module.exports = { checkNode, install, prepare, root, run, runTool }
