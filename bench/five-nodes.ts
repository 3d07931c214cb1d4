/** Five daemons, `kill -9` every two seconds and partitions at random; seconds by HYRAX_SECONDS, five minutes by default. */
import { canPartition } from '../test/partitions/network.ts'
import { ordeal } from '../test/partitions/ordeal.ts'
import { Country } from '../test/partitions/place.ts'

const seconds = Number(process.env['HYRAX_SECONDS'] ?? 300)

async function measure(): Promise<void> {
  const country = new Country('five')
  try {
    const { kills, splits, acknowledged, lost, forked, agreedMs } = await ordeal(country, { seconds, seed: 5 })
    console.log('# Five nodes: kill -9 every two seconds, and partitions')
    console.log(`${String(seconds)} s: ${String(kills)} kills, ${String(splits)} partitions`)
    console.log(`acknowledged ${String(acknowledged)}, lost ${String(lost)}, devices believed forked ${String(forked)}`)
    console.log(`last fault to one state on all: ${String(agreedMs)} ms`)
    if (lost + forked > 0) process.exitCode = 1
  } finally {
    await country.end()
  }
}

if (canPartition()) await measure()
else console.log('# Five nodes: not measured, this machine makes no network namespaces')
