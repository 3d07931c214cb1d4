// Two nodes of one swarm in this process, and a client that asks one of them about the other.
// After `npm run build`: node examples/two-nodes.mjs
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createNode, dialAdmin, generateIdentity, parseNodeAddress, readOptions, silentLog, systemRandom } from 'hyrax'

const ports = { say: () => undefined, log: { ...silentLog, setLevel: () => undefined } }
const directory = await mkdtemp(`${tmpdir()}/hyrax-example-`)

async function startNode(name, ...more) {
  const free = ['--bind-swarm', '127.0.0.1:0', '--bind-admin', '127.0.0.1:0', '--bind-api', 'off']
  const node = await createNode(readOptions(['--data-dir', `${directory}/${name}`, ...free, ...more], {}), ports)
  await node.start()
  return node
}

const first = await startNode('one')
// The second node is given the swarm key by file, and one address: that is all it takes to join.
const [address] = first.parts.swarm.addresses()
const second = await startNode('two', '--swarm-key-file', `${directory}/one/swarm.key`, '--peer', address)

const [door] = first.parts.doors.addresses().admin
const admin = await dialAdmin(
  parseNodeAddress(door),
  { identity: generateIdentity(systemRandom) },
  { timeoutMs: 20_000, expectPeer: first.parts.identity.peer },
)
const hasWelcomed = async () => {
  const { peers } = await admin.call('swarms.peers', {})
  return peers.some(({ peer, state }) => peer === second.parts.identity.peer && state === 'welcomed')
}
while (!(await hasWelcomed())) await new Promise((resolve) => setTimeout(resolve, 100))
console.log(`${first.parts.identity.peer} has welcomed ${second.parts.identity.peer}`)

await admin.close()
await second.stop()
await first.stop()
await rm(directory, { recursive: true })
