'use strict'
/** The story, step by step. A step passes when `run` ends; it fails with an Error that says what was seen. */
const { isFree, pause, until } = require('./crew.cjs')
const { agreed, foundTeam, launch, makeSwarmKey, saveBundle, startNode, welcomedBy } = require('./swarm.cjs')

const steps = [
  { title: 'three nodes join one swarm', run: joinSwarm },
  { title: 'a node with another swarm key is turned away and told why', run: refuseWrongKey },
  { title: 'a node that is not on the list is turned away', run: refuseUnlisted },
  { title: 'the owner, an operator and a user are one team', run: makeTeam },
  { title: 'first contact: ax asks, the operator says yes', run: meetNode },
  { title: "the operator's key is authorized, authentication is required", run: requireKeys },
  { title: "a stranger's ax is refused", run: refuseStranger },
  { title: 'the HTTP API has closed', run: findHttpClosed },
  { title: 'a device is added on node 1 and seen on node 3', run: addDevice },
  { title: 'nodes 1 and 3 are cut apart, both author, the cut heals, all agree', run: healCut },
  { title: 'a node is killed mid-write and comes back with all it acknowledged', run: surviveKill },
  { title: 'a device is removed, and its connections end on every node within a second', run: removeDevice },
]

async function joinSwarm(world) {
  const { crew, house } = world
  world.keyFile = await makeSwarmKey(crew, house, 'swarm.key')
  const apiPort = (await isFree(4457)) ? 4457 : undefined
  const first = await startNode(crew, house, { name: 'node-1', keyFile: world.keyFile, wired: true, apiPort })
  world.nodes = [first]
  for (const name of ['node-2', 'node-3']) {
    world.nodes.push(
      await startNode(crew, house, { name, keyFile: world.keyFile, wired: true, peers: [first.address] }),
    )
  }
  for (const node of world.nodes) world.tell(node.line)
  await whole(world, 20)
  await house.ax('swarms', 'peers', '--node', first.socket)
}

/** Waits until every one of the three has welcomed the two others. */
function whole({ house, nodes }, seconds) {
  return until('each of the three has welcomed the two others', seconds, async () => {
    const lists = await Promise.all(nodes.map((node) => welcomedBy(house, node)))
    return lists.every((peers) => nodes.filter(({ peer }) => peers.includes(peer)).length === 2)
  })
}

async function refuseWrongKey(world) {
  const { crew, house, nodes } = world
  const keyFile = await makeSwarmKey(crew, house, 'other.key')
  const outsider = await startNode(crew, house, { name: 'outsider', keyFile, peers: [nodes[0].address] })
  world.tell(outsider.line)
  const [there, here] = await Promise.all([
    findFailure(world, nodes[0], 'ERR_SWARM_WRONG_KEY'),
    findFailure(world, outsider, 'ERR_SWARM_WRONG_KEY'),
  ])
  outsider.process.kill('SIGTERM')
  await outsider.process.ended
  return `node 1: ${there.message} The other: ${here.message}`
}

/** A failure with this code in `ax nodes show` of the node. */
function findFailure({ house }, node, code) {
  return until(`${node.name} names ${code}`, 10, async () => {
    const { failures } = await house.json('nodes', 'show', '--node', node.socket)
    return failures.find(({ error }) => error.code === code)
  })
}

async function refuseUnlisted(world) {
  const { crew, house, nodes } = world
  const [first] = nodes
  await house.must('permissioned', 'add', ...nodes.map(({ peer }) => peer), '--node', first.socket)
  await house.must('permissioned', 'enable', '--node', first.socket)
  const peers = [first.address]
  world.phone = await startNode(crew, house, { name: 'phone', keyFile: world.keyFile, wired: true, peers })
  world.tell(world.phone.line)
  const refused = await findFailure(world, first, 'ERR_ACCESS_NOT_PERMISSIONED')
  if ((await welcomedBy(house, world.phone)).length > 0) throw new Error('the unlisted node was welcomed')
  await whole(world, 10)
  return refused.message
}

async function makeTeam(world) {
  const { house, nodes } = world
  const [first, second, third] = nodes
  world.team = await foundTeam(house, [first, third, second], ['operator', 'user'])
  const { members } = await agreed(house, nodes, world.team, 20)
  // Whom the team removes is out on every node that it governs.
  for (const { socket } of nodes)
    await house.must('settings', 'set', 'swarm/governingTeam', world.team, '--node', socket)
  await house.ax('teams', 'show', '--node', nodes[2].socket)
  return `${members} members`
}

async function meetNode(world) {
  const { operator, nodes } = world
  const { status, screen } = await operator.talk(
    ['settings', 'get', '.', '--local', nodes[0].admin],
    [['(yes/no)?', 'yes']],
  )
  if (status === 127) throw new Error(`no terminal could be made with script(1): ${screen}`)
  for (const words of ['No local key pair found, generated one', "The authenticity of host '", "Node's ID is '"]) {
    if (!screen.includes(words)) throw new Error(`ax did not say "${words}" but: ${screen}`)
  }
  if (!screen.includes(nodes[0].peer)) throw new Error(`ax showed another id than ${nodes[0].peer}: ${screen}`)
  if (status !== 0 || !screen.includes('requireAuthentication: false'))
    throw new Error(`ended with ${status}: ${screen}`)
}

async function requireKeys(world) {
  const { operator, nodes } = world
  const local = ['--local', nodes[0].admin]
  const listed = await operator.must('swarms', 'listKeys')
  world.key = listed.trim().split('\n').at(-1)
  await operator.must('settings', 'set', 'com.actyx.os/general/authorizedKeys', `["${world.key}"]`, ...local)
  await operator.must('settings', 'set', 'com.actyx.os/general/requireAuthentication', 'true', ...local)
  await operator.must('settings', 'get', 'admin/requireAuthentication', ...local)
  // From here on node 1 answers to nobody else.
  world.who = operator
}

async function refuseStranger(world) {
  const { stranger, nodes } = world
  const { status, stderr } = await stranger.ax('settings', 'get', '.', '--local', nodes[0].admin, '--accept-new')
  if (status !== 4 || !stderr.includes('[ERR_UNAUTHORIZED]')) throw new Error(`ended with ${status}: ${stderr}`)
  return stderr.split('\n').find((line) => line.startsWith('[ERR_'))
}

async function findHttpClosed(world) {
  const { operator, nodes } = world
  const { apiPort } = nodes[0]
  if (apiPort === 4457) {
    const { status, stderr } = await operator.ax('settings', 'get', '.', '--local', 'localhost')
    if (status !== 9 || !stderr.includes('[ERR_NODE_MISCONFIGURED]')) throw new Error(`ended with ${status}: ${stderr}`)
    return stderr.split('\n')[0]
  }
  world.tell(`$ curl http://127.0.0.1:${apiPort}/   (port 4457 is taken on this machine)`)
  const body = await (await fetch(`http://127.0.0.1:${apiPort}/`)).text()
  if (!body.includes('ERR_NODE_MISCONFIGURED')) throw new Error(`HTTP answered ${body}`)
  return body
}

async function addDevice(world) {
  const { who, nodes, phone, team } = world
  const [first, , third] = nodes
  await who.must('permissioned', 'add', phone.peer, '--node', first.admin)
  const bundle = await saveBundle(who, phone)
  await who.must('devices', 'add', '--bundle', `@${bundle}`, '--name', 'phone', '--node', first.admin)
  await seen(world, third, 'phone')
  await who.must('devices', 'ls', '--node', third.socket)
  await who.must('teams', 'add', team, '--node', phone.socket)
  await who.must('swarms', 'connect', first.address, '--node', phone.socket)
}

/** Waits until the node's view of the team has a device of this name, with this role if one is named. */
function seen({ who, team }, node, name, role) {
  return until(`${node.name} sees ${name} ${role ?? ''}`, 10, async () => {
    const { devices } = await who.json('devices', 'ls', '--team', team, '--node', node.socket)
    return devices.find((device) => device.name === name && (role === undefined || device.role === role))
  })
}

async function healCut(world) {
  const { who, crew, nodes, phone, team } = world
  const [first, , third] = nodes
  const tablet = await startNode(crew, who, { name: 'tablet', keyFile: world.keyFile })
  const bundle = await saveBundle(who, tablet)
  for (const { wire } of [...nodes, phone]) wire.cut()
  world.tell('(every wire between the nodes is cut)')
  await until('nodes 1 and 3 see nobody', 10, async () => {
    const lists = await Promise.all([first, third].map((node) => welcomedBy(who, node)))
    return lists.every((peers) => peers.length === 0)
  })
  await who.must('roles', 'assign', phone.peer, 'sync-role', '--node', first.admin)
  await who.must('devices', 'add', '--bundle', `@${bundle}`, '--name', 'tablet', '--node', third.socket)
  for (const { wire } of [...nodes, phone]) wire.mend()
  world.tell('(the wires are mended)')
  const { stateHash } = await agreed(who, nodes, team, 30)
  for (const node of nodes) {
    await seen(world, node, 'tablet')
    await seen(world, node, 'phone', 'sync-role')
  }
  await who.must('teams', 'show', '--node', third.socket)
  return `state ${stateHash.slice(0, 16)} on all three`
}

async function surviveKill(world) {
  const { who, nodes, team } = world
  const [first] = nodes
  const acknowledged = []
  for (let index = 0; index < 4; index += 1) await writeRole(world, index, acknowledged)
  const underWay = [4, 5, 6, 7].map((index) => writeRole(world, index, acknowledged))
  await pause(200)
  world.tell(`$ kill -9 ${first.process.pid}`)
  first.process.kill('SIGKILL')
  await Promise.all([...underWay, first.process.ended])
  await launch(world.crew, who, first)
  world.tell(first.line)
  const { commands } = await who.json('teams', 'log', '--team', team, '--node', first.socket)
  const kept = new Set(commands.map(({ command }) => command))
  const lost = acknowledged.filter((command) => !kept.has(command))
  if (lost.length > 0) throw new Error(`acknowledged and lost: ${lost.join(', ')}`)
  if (acknowledged.length < 4) throw new Error(`only ${acknowledged.length} writes were acknowledged`)
  await agreed(who, nodes, team, 30)
  return `${acknowledged.length} acknowledged, 0 lost`
}

/** Gives the phone another role on node 1, and notes the command if the node acknowledged it. */
async function writeRole({ who, nodes, phone }, index, acknowledged) {
  const role = index % 2 === 0 ? 'user' : 'sync-role'
  const done = await who.ask('roles', 'assign', phone.peer, role, '--node', nodes[0].admin, '--json')
  if (done.status === 0) acknowledged.push(JSON.parse(done.stdout).result.command)
}

async function removeDevice(world) {
  const { who, nodes, phone } = world
  await until('the phone is connected with all three', 20, async () => (await welcomedBy(who, phone)).length === 3)
  const watches = await watchPeers(world)
  await who.must('devices', 'remove', phone.peer, '--node', nodes[0].admin)
  const answered = Date.now()
  const ends = await until('every node has ended its connections with the phone', 10, () => {
    const times = watches.map(({ output }) => goneAt(output, phone.peer))
    return times.includes(undefined) ? undefined : times
  })
  const last = Math.max(0, ...ends.map((time) => time - answered))
  if (last > 1000) throw new Error(`the last connection ended ${last} ms after the answer`)
  const lists = await Promise.all(nodes.map((node) => welcomedBy(who, node)))
  if (lists.some((peers) => peers.includes(phone.peer))) throw new Error('the phone is connected again')
  return last === 0 ? 'everywhere before the answer came' : `everywhere ${last} ms after the answer`
}

/** Follows the peers of each node; the nodes tell the time of what happens. */
async function watchPeers({ who, crew, nodes }) {
  const watches = nodes.map((node) => who.follow(crew, 'watch', 'peers', '-o', 'jsonl', '--node', node.socket))
  await until('the three are watched', 10, async () => {
    const shown = await Promise.all(nodes.map((node) => who.json('nodes', 'show', '--node', node.socket)))
    return shown.every(({ adminSessions }) => adminSessions.length > 1)
  })
  return watches
}

/** When the peer was gone, by what a watch has printed so far. */
function goneAt(output, peer) {
  const lines = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
  const gone = lines.map((line) => JSON.parse(line).result).filter(({ event }) => event === 'gone')
  const last = gone.filter(({ data }) => data.peer === peer).at(-1)
  return last && Date.parse(last.at)
}

module.exports = { steps }
