// A node dials another that has another swarm key: how many dials are named as such, and how soon. Stock beside it.
import { multiaddr } from '@multiformats/multiaddr'
import { generateSwarmKey, systemRandom } from '../src/keys/index.ts'
import { createStockNode } from '../test/helpers/stock-node.ts'
import { codeOf, createSwarmCast } from '../test/helpers/swarm-nodes.ts'
import { machineLine, median } from './machine.ts'

const dials = 40
console.log(`# wrong key: ${dials} dials`)
console.log(machineLine())

const cast = await createSwarmCast()
const one = await cast.node()
const other = await cast.node({ swarmKeys: [generateSwarmKey(systemRandom)] })
const ours = await measure(async () => {
  const code = await codeOf(other.swarm.connect(one.address()))
  return code === 'ERR_SWARM_WRONG_KEY'
})
const known = one.swarm.failures()[0]?.count ?? 0
await cast.stopAll()

const listener = await createStockNode(generateSwarmKey(systemRandom))
const dialler = await createStockNode(generateSwarmKey(systemRandom))
const address = multiaddr(listener.getMultiaddrs()[0]?.toString() ?? '')
const stock = await measure(async () => {
  const text = await dialler.dial(address).then(() => '', String)
  return /key/i.test(text)
})
await Promise.all([listener.stop(), dialler.stop()])

console.log(
  `ours   named ${ours.named}/${dials} by the dialler, ${known}/${dials} by the listener; ms median ${median(ours.times).toFixed(1)} max ${Math.max(...ours.times).toFixed(1)}`,
)
console.log(
  `stock  named ${stock.named}/${dials}; ms median ${median(stock.times).toFixed(1)} max ${Math.max(...stock.times).toFixed(1)}; slower than 1 s: ${stock.times.filter((ms) => ms > 1_000).length}`,
)
console.log(`ratio  worst case stock / ours: ${(Math.max(...stock.times) / Math.max(...ours.times)).toFixed(0)}`)

async function measure(dial: () => Promise<boolean>): Promise<{ named: number; times: number[] }> {
  let named = 0
  const times: number[] = []
  for (let index = 0; index < dials; index++) {
    const begun = performance.now()
    if (await dial()) named++
    times.push(performance.now() - begun)
  }
  return { named, times }
}
