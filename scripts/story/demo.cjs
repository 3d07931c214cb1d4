'use strict'
/** `npm start`: a local swarm of three nodes with a team, and what to try with it. Ctrl-C leaves nothing behind. */
const fs = require('node:fs')
const path = require('node:path')
const { createPerson, quote } = require('./ax.cjs')
const { createCrew, stop, until } = require('./crew.cjs')
const { agreed, foundTeam, makeSwarmKey, saveBundle, startNode, welcomedBy } = require('./swarm.cjs')

const program = path.join(__dirname, '..', '..', 'bin', 'ax.cjs')
const roles = ['owner', 'operator', 'user']

async function runDemo() {
  const crew = createCrew()
  let stopping = false
  const interrupted = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve)
  }).then(() => (stopping = true))
  try {
    const raised = raise(crew)
    raised.catch(() => {})
    await Promise.race([raised, interrupted])
    if (!stopping) {
      const { nodes } = show(await raised)
      await Promise.race([
        interrupted,
        ...nodes.map((node) => node.process.ended.then(() => stopping || complain(node))),
      ])
    }
    console.log('\nStopping.')
  } finally {
    stopping = true
    await crew.disband()
  }
}

function complain(node) {
  console.error(`${node.name} has ended:\n${node.process.output.trim()}`)
}

/** Three nodes and their team; what was made. */
async function raise(crew) {
  const person = createPerson('you', path.join(crew.directory, 'ax'))
  const keyFile = await makeSwarmKey(crew, person, 'swarm.key')
  const nodes = [await startNode(crew, person, { name: 'node-1', keyFile })]
  const peers = [nodes[0].address]
  for (const name of ['node-2', 'node-3']) nodes.push(await startNode(crew, person, { name, keyFile, peers }))
  await until('the three are one swarm', 20, async () => {
    const counts = await Promise.all(nodes.map((node) => welcomedBy(person, node)))
    return counts.every((welcomed) => welcomed.length === 2)
  })
  const team = await foundTeam(person, nodes, roles.slice(1))
  await agreed(person, nodes, team, 20)
  for (const { socket } of nodes) await person.must('settings', 'set', 'swarm/governingTeam', team, '--node', socket)
  const bundle = await spareBundle(crew, person, keyFile)
  return { nodes, team, bundle, commands: nodes.map((node, index) => writeCommand(crew, person, node, index + 1)) }
}

/** The key bundle of a device that is in no team yet, for trying `ax devices add`. */
async function spareBundle(crew, person, keyFile) {
  const spare = await startNode(crew, person, { name: 'spare', keyFile })
  const bundle = await saveBundle(person, spare)
  await stop(spare.process)
  return bundle
}

/** A command `ax-1` that is `ax` with this node and a configuration of its own, so that yours stays as it is. */
function writeCommand(crew, person, node, number) {
  const file = path.join(crew.directory, `ax-${number}`)
  const variables = `AX_CONFIG_DIR=${quote(person.env.AX_CONFIG_DIR)} AX_NODE=${quote(node.socket)}`
  fs.writeFileSync(file, `#!/bin/sh\n${variables} exec ${quote(process.execPath)} ${quote(program)} "$@"\n`, {
    mode: 0o700,
  })
  return file
}

function show(swarm) {
  const { nodes, team, bundle, commands } = swarm
  const rows = nodes.map((node, index) => [node.name, roles[index], node.admin, `:${node.swarmPort}`, node.peer])
  console.log('\nA private swarm of three nodes is running, with a team on it.\n')
  printTable([['node', 'role', 'admin door', 'swarm', 'PeerId'], ...rows])
  console.log(`\nteam ${team}\n\nTry, in another terminal:\n`)
  const [one, two, three] = commands
  for (const line of [
    `${one} nodes show`,
    `${two} devices ls`,
    `${one} devices add --bundle @${bundle} --name tablet`,
    `${three} teams log`,
    `${one} devices remove tablet`,
  ]) {
    console.log(`  ${line}`)
  }
  console.log('\nCtrl-C stops everything and leaves nothing behind.')
  return swarm
}

function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  for (const row of rows)
    console.log(
      `  ${row
        .map((text, column) => text.padEnd(widths[column]))
        .join('  ')
        .trimEnd()}`,
    )
}

module.exports = { runDemo }
