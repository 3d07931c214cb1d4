// 200 silent sockets a second from one source while honest peers dial from another; stock settings at 5 a second beside it.
import net from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { createStockNode } from '../test/helpers/stock-node.ts'
import { createSwarmCast } from '../test/helpers/swarm-nodes.ts'
import { machineLine, median } from './machine.ts'

const dials = 15
console.log(`# silent sockets: ${dials} honest dials meanwhile`)
console.log(machineLine())

const cast = await createSwarmCast()
const one = await cast.node()
const ours = await underFlood(one.address(), 200, async () => {
  const honest = await cast.node()
  const peer = await honest.swarm.connect(one.address()).catch(() => '')
  await honest.swarm.stop()
  return peer === one.peer
})
await cast.stopAll()
console.log(
  `ours   200/s: ${ours.succeeded}/${dials} honest dials, ms median ${median(ours.times).toFixed(0)} max ${Math.max(...ours.times).toFixed(0)}`,
)

const listener = await createStockNode(cast.swarmKey, { defaults: true })
const address = listener.getMultiaddrs()[0]?.toString() ?? ''
const stock = await underFlood(address, 5, async () => {
  const honest = await createStockNode(cast.swarmKey, { listen: [] })
  const connected = await honest.dial(multiaddr(address)).then(
    () => true,
    () => false,
  )
  await honest.stop()
  return connected
})
await listener.stop()
console.log(
  `stock    5/s: ${stock.succeeded}/${dials} honest dials, ms median ${median(stock.times).toFixed(0)} max ${Math.max(...stock.times).toFixed(0)}`,
)
console.log(`ratio  honest success ours / stock: ${ours.succeeded}/${dials} to ${stock.succeeded}/${dials}`)

async function underFlood(target: string, perSecond: number, dial: () => Promise<boolean>) {
  const port = Number(/tcp\/(\d+)/.exec(target)?.[1])
  const sockets: net.Socket[] = []
  const open = (): void => {
    sockets.push(net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }).on('error', () => undefined))
  }
  const flood = setInterval(open, 1_000 / perSecond)
  // The flood stands before the first honest dial.
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  let succeeded = 0
  const times: number[] = []
  for (let index = 0; index < dials; index++) {
    const begun = performance.now()
    if (await dial()) succeeded++
    times.push(performance.now() - begun)
  }
  clearInterval(flood)
  for (const socket of sockets) socket.destroy()
  return { succeeded, times }
}
