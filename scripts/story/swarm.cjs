'use strict'
/** A local swarm of real daemons on free ports of loopback, and a team on it. */
const fs = require('node:fs')
const path = require('node:path')
const { freePorts, until } = require('./crew.cjs')
const { createWire } = require('./wire.cjs')

const daemon = path.join(__dirname, '..', '..', 'bin', 'axd.cjs')

/** A swarm key in a file of the crew's directory, made by ax. */
async function makeSwarmKey(crew, person, name) {
  const file = path.join(crew.directory, name)
  await person.must('swarms', 'keygen', '-o', file)
  return file
}

/**
 * Starts a node, and waits until it answers.
 * @param {{ name: string, keyFile: string, peers?: string[], wired?: boolean, apiPort?: number }} plan
 */
async function startNode(crew, person, plan) {
  const directory = path.join(crew.directory, plan.name)
  fs.mkdirSync(directory, { mode: 0o700 })
  const [swarmPort, adminPort, apiPort] = await freePorts(3)
  const node = { ...plan, directory, swarmPort, adminPort, apiPort: plan.apiPort ?? apiPort }
  node.socket = `/unix/${encodeURIComponent(path.join(directory, 'axd.sock'))}`
  node.admin = `/ip4/127.0.0.1/tcp/${adminPort}`
  node.reachedAt = swarmPort
  if (plan.wired) await wireUp(crew, node)
  writeSettings(node)
  await launch(crew, person, node)
  node.peer = (await person.json('nodes', 'id', '--node', node.socket)).peer
  node.address = `/ip4/127.0.0.1/tcp/${node.reachedAt}/p2p/${node.peer}`
  return node
}

/** Puts a wire before the node. */
async function wireUp(crew, node) {
  node.wire = crew.own(await createWire(node.swarmPort), (wire) => wire.close())
  node.reachedAt = node.wire.port
}

/** The node's name; with a wire, the node announces the wire alone. */
function writeSettings(node) {
  const lines = ['general:', `  displayName: ${node.name}`]
  if (node.wire) lines.push('swarm:', '  announceAddresses:', `  - /ip4/127.0.0.1/tcp/${node.reachedAt}`)
  fs.writeFileSync(path.join(node.directory, 'settings.yaml'), `${lines.join('\n')}\n`, { mode: 0o600 })
}

/** Starts the process of a node, for the first time or again. */
async function launch(crew, person, node) {
  const args = [
    ...['--data-dir', node.directory, '--swarm-key-file', node.keyFile, '--bind-swarm', `127.0.0.1:${node.swarmPort}`],
    ...['--bind-admin', `127.0.0.1:${node.adminPort}`, '--bind-api', `127.0.0.1:${node.apiPort}`],
    ...(node.peers ?? []).flatMap((peer) => ['--peer', peer]),
  ]
  const start = Date.now()
  node.process = crew.start(process.execPath, [daemon, ...args])
  node.process.stderr.on('data', () => {
    if (node.process.output.includes('Ready.')) node.readyMs ??= Date.now() - start
  })
  node.line = ['axd', ...args].join(' ')
  let ended = false
  void node.process.ended.then(() => (ended = true))
  await until(`${node.name} answers`, 15, async () => {
    if (ended) throw new Error(`${node.name} ended at once: ${node.process.output.trim()}`)
    if (!fs.existsSync(path.join(node.directory, 'axd.sock'))) return false
    return (await person.ask('status', '--quiet', '--node', node.socket)).status === 0
  })
}

/** Nodes that this node has welcomed. */
async function welcomedBy(person, node) {
  const { peers } = await person.json('swarms', 'peers', '--node', node.socket)
  return peers.filter(({ state }) => state === 'welcomed').map(({ peer }) => peer)
}

/** A team on the first node; the others join it by the seven steps of the onboarding. */
async function foundTeam(person, [first, ...others], roles) {
  const { team } = await person.json('teams', 'create', '--name', 'demo', '--node', first.socket)
  for (const [index, node] of others.entries()) {
    await addToTeam(person, { team, by: first, node, role: roles[index] })
  }
  return team
}

/** Steps 2 to 7 of the onboarding: key bundle, AddDevice, AddTeam, AddSyncPeer. */
async function addToTeam(person, { team, by, node, role }) {
  const bundle = await saveBundle(person, node)
  await person.must(
    'devices',
    'add',
    '--bundle',
    `@${bundle}`,
    '--name',
    node.name,
    '--role',
    role,
    '--node',
    by.socket,
  )
  await person.must('teams', 'add', team, '--node', node.socket)
  await person.must('sync', 'add', by.address, '--team', team, '--node', node.socket)
}

/** The key bundle of a node's device, in a file as it would be handed over. */
async function saveBundle(person, node) {
  const file = path.join(node.directory, 'bundle')
  fs.writeFileSync(file, await person.must('devices', 'keybundle', '--node', node.socket))
  return file
}

/** Waits until every node says the same of the team, and returns that state. */
function agreed(person, nodes, team, seconds) {
  return until('all nodes agree on the team', seconds, async () => {
    const views = await Promise.all(
      nodes.map((node) => person.json('teams', 'show', '--team', team, '--node', node.socket)),
    )
    const [first] = views
    const same = views.every((view) => view.stateHash === first.stateHash && String(view.heads) === String(first.heads))
    return same && first.state === 'open' ? first : undefined
  })
}

module.exports = { addToTeam, agreed, foundTeam, launch, makeSwarmKey, saveBundle, startNode, welcomedBy }
