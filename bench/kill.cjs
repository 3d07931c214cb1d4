'use strict'
/**
 * `kill -9` while acknowledging: a node writes commands as fast as ax can ask, is killed at a moment drawn anew, started
 * again, and must have everything it acknowledged. Cycles: the first argument, 200 unless given.
 */
const path = require('node:path')
const { createPerson } = require('../scripts/story/ax.cjs')
const { createCrew, pause } = require('../scripts/story/crew.cjs')
const { launch, makeSwarmKey, saveBundle, startNode } = require('../scripts/story/swarm.cjs')
const { writeResults } = require('./measure.cjs')

const cycles = Number(process.argv[2] ?? 200)

async function main() {
  const crew = createCrew()
  try {
    const person = createPerson('bench', path.join(crew.directory, 'ax'))
    const keyFile = await makeSwarmKey(crew, person, 'swarm.key')
    const node = await startNode(crew, person, { name: 'node', keyFile })
    const other = await startNode(crew, person, { name: 'other', keyFile })
    const { team } = await person.json('teams', 'create', '--node', node.socket)
    const bundle = await saveBundle(person, other)
    await person.must('devices', 'add', '--bundle', `@${bundle}`, '--name', 'other', '--node', node.socket)
    const acknowledged = new Set()
    for (let cycle = 0; cycle < cycles; cycle += 1) await killOnce(crew, person, node, acknowledged, cycle)
    const { commands } = await person.json('teams', 'log', '--team', team, '--node', node.socket)
    const kept = new Set(commands.map(({ command }) => command))
    const lost = [...acknowledged].filter((command) => !kept.has(command))
    const line = `${cycles} cycles, ${acknowledged.size} commands acknowledged, ${lost.length} lost.`
    writeResults('kill -9 while acknowledging', [line])
    if (lost.length > 0) process.exitCode = 1
  } finally {
    await crew.disband()
  }
}

async function killOnce(crew, person, node, acknowledged, cycle) {
  let alive = true
  const write = async (index) => {
    const role = (cycle + index) % 2 === 0 ? 'operator' : 'user'
    const words = ['roles', 'assign', 'other', role, '--force', '--node', node.socket, '--json']
    const done = await person.ask(...words)
    if (done.status === 0) acknowledged.add(JSON.parse(done.stdout).result.command)
  }
  const writer = async (index) => {
    for (let turn = index; alive; turn += 1) await write(turn)
  }
  const writers = [0, 1].map(writer)
  await pause(300 + Math.random() * 700)
  node.process.kill('SIGKILL')
  alive = false
  await Promise.all([node.process.ended, ...writers])
  await launch(crew, person, node)
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
