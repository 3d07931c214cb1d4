// Bulk bytes per CPU second, both ends in this process: noise alone, noise + stock pnet, noise + ours (native, WASM).
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { ConnectionProtector, Stream } from '@libp2p/interface'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { formatSwarmKey } from '../src/codec/index.ts'
import { generateSwarmKey, openKeys, systemRandom } from '../src/keys/index.ts'
import { createKeyRing, createProtector } from '../src/swarm/index.ts'
import { cpuMs, machineLine, median } from './machine.ts'

const bytesTotal = Number(process.env['BENCH_BYTES'] ?? 192 * 1024 * 1024)
const piece = new Uint8Array(262_144)
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const swarmKey = generateSwarmKey(systemRandom)
type Protect = (() => ConnectionProtector) | undefined

async function node(protector: Protect) {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    ...(protector === undefined ? {} : { connectionProtector: protector }),
  })
}

async function transfer(protector: Protect): Promise<number> {
  const [from, to] = await Promise.all([node(protector), node(protector)])
  let received = 0
  let all = (): void => undefined
  const done = new Promise<void>((resolve) => {
    all = resolve
  })
  await to.handle('/bulk/1', (stream: Stream) => {
    stream.addEventListener('message', (event) => {
      received += event.data.byteLength
      if (received >= bytesTotal) all()
    })
  })
  const [address] = to.getMultiaddrs()
  if (address === undefined) throw new Error('no address')
  const stream = await from.dialProtocol(address, '/bulk/1')
  const { ms } = await cpuMs(async () => {
    for (let sent = 0; sent < bytesTotal; sent += piece.length) {
      stream.send(piece)
      while (stream.writableNeedsDrain)
        await new Promise((resolve) => {
          stream.addEventListener('drain', resolve, { once: true })
        })
    }
    await done
  })
  await Promise.all([from.stop(), to.stop()])
  return bytesTotal / 1_048_576 / (ms / 1_000)
}

const parts = { random: systemRandom }
const native = await openKeys({ backend: 'sodium-native' }).catch(() => undefined)
const variants: [string, Protect][] = [
  ['noise alone', undefined],
  ['noise + stock pnet', preSharedKey({ psk: new TextEncoder().encode(formatSwarmKey(swarmKey, 'file')) })],
  ...(native === undefined
    ? []
    : [
        ['noise + ours, sodium-native', createProtector({ ...parts, keys: native }, createKeyRing([swarmKey]))] as [
          string,
          Protect,
        ],
      ]),
  [
    'noise + ours, WASM',
    createProtector({ ...parts, keys: await openKeys({ backend: 'wasm' }) }, createKeyRing([swarmKey])),
  ],
]

console.log('# protector: MiB per CPU second, median of', rounds, 'interleaved rounds')
console.log(machineLine())
const only = process.env['BENCH_ONLY']
if (only !== undefined)
  variants.splice(0, variants.length, ...variants.filter(([name]) => only.split(';').includes(name)))
const figures = new Map(variants.map(([name]) => [name, [] as number[]]))
for (let round = 0; round < rounds; round++)
  for (const [name, protect] of variants) figures.get(name)?.push(await transfer(protect))
const of = (name: string): number => median(figures.get(name) ?? [])
for (const [name] of variants)
  console.log(
    `${name.padEnd(30)} ${of(name).toFixed(0).padStart(5)}  x stock ${(of(name) / of('noise + stock pnet')).toFixed(2)}  x noise alone ${(of(name) / of('noise alone')).toFixed(2)}`,
  )
