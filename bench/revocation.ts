// 100 removals of a peer under load: from the call to the closed socket, and messages handled afterwards.
import { createSwarmCast, eventually } from '../test/helpers/swarm-nodes.ts'
import { machineLine, median, quantile } from './machine.ts'

const rounds = 100
console.log(`# revocation: ${rounds} removals under load`)
console.log(machineLine())

const cast = await createSwarmCast()
const [one, other] = [await cast.node({ isExemptSource: () => true }), await cast.node()]
let removed = false
let handled = 0
let after = 0
await one.swarm.handle(
  '/bench/load/1',
  async (stream) => {
    while ((await stream.read()) !== undefined) {
      handled++
      if (removed) after++
    }
  },
  { maxStreams: 4, frameBytesMax: 1_024 },
)
const closed: number[] = []
for (let round = 0; round < rounds; round++) {
  removed = false
  one.gate.update({ disallowed: { state: 'read', peers: new Set() } })
  await other.swarm.connect(one.address())
  const before = handled
  const streams = await Promise.all([1, 2, 3].map(() => other.swarm.open(one.peer, '/bench/load/1', 1_024)))
  const loads = Promise.allSettled(
    streams.map(async (stream) => {
      for (;;) await stream.send({ pad: new Uint8Array(200) })
    }),
  )
  await eventually(() => handled > before + 50, 'load')
  const [connection] = one.swarm.host.connections(other.peer)
  const [remote] = other.swarm.host.connections(one.peer)
  const begun = performance.now()
  one.gate.update({ disallowed: { state: 'read', peers: new Set([other.peer]) } })
  one.swarm.rejudge()
  removed = true
  await Promise.all([connection?.closed, remote?.closed])
  closed.push(performance.now() - begun)
  await loads
}
await cast.stopAll()
console.log(
  `closed on both sides, ms: median ${median(closed).toFixed(2)}, p99 ${quantile(closed, 0.99).toFixed(2)}, max ${Math.max(...closed).toFixed(2)}`,
)
console.log(`messages handled under load ${handled}, after a removal ${after}`)
