// Asks a running node for its status and its peers: node examples/client.mjs /ip4/127.0.0.1/tcp/4458/p2p/<PeerId>
import { dialAdmin, generateIdentity, HyraxError, parseNodeAddress, systemRandom } from 'hyrax'

try {
  // A fresh identity will do while the node asks loopback for none; else read yours with `openKeyFile`.
  const identity = generateIdentity(systemRandom)
  const admin = await dialAdmin(parseNodeAddress(process.argv[2] ?? 'localhost'), { identity }, { timeoutMs: 20_000 })
  const status = await admin.call('status.get', {})
  const { peers } = await admin.call('swarms.peers', {})
  console.log(`${status.name}, ${status.peer}, up ${status.uptimeMs} ms, ${peers.length} peers`)
  await admin.close()
} catch (error) {
  if (!(error instanceof HyraxError)) throw error
  console.error(`[${error.code}] Error: ${error.message}`)
  process.exitCode = error.exitStatus
}
