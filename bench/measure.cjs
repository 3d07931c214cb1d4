'use strict'
/** What the benches share: rounds, medians, the machine, and a results page with the date and the commit. */
const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { cleanEnvironment } = require('../scripts/story/crew.cjs')

const root = path.join(__dirname, '..')

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Milliseconds of a process from its start to its end; it must end well. */
async function time(command, args, env = {}) {
  const start = process.hrtime.bigint()
  const child = spawn(command, args, { env: cleanEnvironment(env), stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text))
  const status = await new Promise((resolve) => child.once('close', resolve))
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${errors}`)
  return Number(process.hrtime.bigint() - start) / 1e6
}

/** Times each of the named runs in turn, round after round, so that a busy moment hits them all alike. */
async function interleave(rounds, runs) {
  const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(runs)) times[name].push(await run())
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]))
}

/** The Node.js binaries at hand: this one, and those that CI keeps in .cache. */
function nodesAtHand() {
  const found = [process.execPath]
  const cache = path.join(root, '.cache')
  for (const name of fs.existsSync(cache) ? fs.readdirSync(cache).sort() : []) {
    for (const arch of ['x64', 'arm64']) {
      const binary = path.join(cache, name, 'node_modules', `node-linux-${arch}`, 'bin', 'node')
      if (fs.existsSync(binary)) found.push(binary)
    }
  }
  return found
}

function versionOf(node) {
  return spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8', env: cleanEnvironment() }).stdout.trim()
}

/** Writes the section of one bench into bench/RESULTS.md, in place of its last one, and prints it. */
function writeResults(title, lines) {
  const file = path.join(root, 'bench', 'RESULTS.md')
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim()
  const day = new Date().toISOString().slice(0, 10)
  const machine = `${os.cpus().length} cores ${process.arch}, ${Math.round(os.totalmem() / 2 ** 30)} GiB`
  const section = [`## ${title}`, '', `${day}, commit ${commit}, ${machine}. Trust the ratios.`, '', ...lines, ''].join(
    '\n',
  )
  const old = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '# What was measured\n'
  const [head, ...sections] = old.split(/^(?=## )/m)
  const others = sections.filter((text) => !text.startsWith(`## ${title}\n`)).map((text) => text.trim())
  fs.writeFileSync(file, [head.trim(), ...others, section.trim()].join('\n\n') + '\n')
  console.log(section)
}

function table(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

module.exports = { interleave, median, nodesAtHand, root, table, time, versionOf, writeResults }
