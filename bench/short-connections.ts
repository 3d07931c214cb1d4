// 6,000 connections that send 24 bytes and leave: does an honest peer still connect, and what stays behind? Stock beside it.
import net from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { systemRandom } from '../src/keys/index.ts'
import { createStockNode } from '../test/helpers/stock-node.ts'
import { createSwarmCast } from '../test/helpers/swarm-nodes.ts'
import { cpuMs, machineLine } from './machine.ts'

const count = 6_000
console.log(`# short connections: ${count} of 24 bytes each`)
console.log(machineLine())

const cast = await createSwarmCast()
const one = await cast.node({ isExemptSource: () => true })
await storm(one.address())
await new Promise((resolve) => setTimeout(resolve, 6_000))
const rssBefore = rss()
const ours = await cpuMs(() => storm(one.address()))
// The library's own time limits hold their objects for as long as they run.
await new Promise((resolve) => setTimeout(resolve, 6_000))
const honest = await cast.node()
const peer = await honest.swarm.connect(one.address()).catch(String)
console.log(
  `ours   honest peer afterwards: ${peer === one.peer ? 'connects' : peer}; CPU ${(ours.ms / count).toFixed(2)} ms each with the client's half; pending ${one.swarm.host.pending}; RSS ${(rss() - rssBefore).toFixed(1)} MiB more than after the ${count} before them`,
)
await cast.stopAll()

process.on('uncaughtException', () => undefined)
const listener = await createStockNode(cast.swarmKey)
const address = listener.getMultiaddrs()[0]?.toString() ?? ''
const stock = await cpuMs(() => storm(address))
const other = await createStockNode(cast.swarmKey, { listen: [] })
const text = await other.dial(multiaddr(address)).then(
  () => 'connects',
  (error: unknown) => `does not: ${String(error)}`,
)
console.log(`stock  honest peer afterwards: ${text}; CPU ${(stock.ms / count).toFixed(2)} ms each`)
console.log(`ratio  CPU stock / ours: ${(stock.ms / ours.ms).toFixed(2)}`)
process.exit(0)

function rss(): number {
  globalThis.gc?.()
  return process.memoryUsage().rss / 1_048_576
}

async function storm(target: string): Promise<void> {
  const port = Number(/tcp\/(\d+)/.exec(target)?.[1])
  for (let batch = 0; batch < count / 8; batch++)
    await Promise.all(
      Array.from(
        { length: 8 },
        () =>
          new Promise<void>((resolve) => {
            const socket = net.connect(port, '127.0.0.1', () => socket.end(systemRandom.bytes(24)))
            socket
              .on('error', () => undefined)
              .on('close', () => {
                resolve()
              })
              .resume()
          }),
      ),
    )
}
