'use strict'
/** `axd` idle: resident memory against an empty node (aim 1.4), and time to the first answer against `node -e 0` (aim 2.5). */
const fs = require('node:fs')
const path = require('node:path')
const { createPerson } = require('../scripts/story/ax.cjs')
const { createCrew, pause, stop } = require('../scripts/story/crew.cjs')
const { launch, makeSwarmKey, startNode } = require('../scripts/story/swarm.cjs')
const { median, table, time, versionOf, writeResults } = require('./measure.cjs')

const rounds = 7

async function main() {
  const crew = createCrew()
  try {
    const person = createPerson('bench', path.join(crew.directory, 'ax'))
    const keyFile = await makeSwarmKey(crew, person, 'swarm.key')
    const seen = []
    for (let round = 0; round < rounds; round += 1) seen.push(await measure(crew, person, keyFile, `node-${round}`))
    const column = (name) => median(seen.map((row) => row[name]))
    const ratio = (a, b) => (column(a) / column(b)).toFixed(2)
    writeResults(
      'axd idle',
      table(
        ['Node.js', 'empty node', 'axd', 'axd / empty', '`node -e 0`', 'first answer', 'answer / `node -e 0`'],
        [
          [
            versionOf(process.execPath),
            `${column('emptyMiB').toFixed(0)} MiB`,
            `${column('axdMiB').toFixed(0)} MiB`,
            ratio('axdMiB', 'emptyMiB'),
            `${column('startMs').toFixed(0)} ms`,
            `${column('readyMs').toFixed(0)} ms`,
            ratio('readyMs', 'startMs'),
          ],
        ],
      ),
    )
  } finally {
    await crew.disband()
  }
}

async function measure(crew, person, keyFile, name) {
  const empty = crew.start(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const startMs = await time(process.execPath, ['-e', '0'])
  const node = await startNode(crew, person, { name, keyFile })
  await stop(node.process)
  // The second start: at the first one it makes its keys.
  node.readyMs = undefined
  await launch(crew, person, node)
  await pause(3_000)
  const found = {
    startMs,
    readyMs: node.readyMs,
    emptyMiB: residentMiB(empty.pid),
    axdMiB: residentMiB(node.process.pid),
  }
  await Promise.all([stop(empty), stop(node.process)])
  return found
}

function residentMiB(pid) {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(kib) / 1024
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
