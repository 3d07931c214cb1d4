// What a refusal costs: a wrong key and an unlisted node, ours and stock, against a bare accept and close.
// The hostile side is a process of its own, so that the CPU counted here is the listener's.
import { fork } from 'node:child_process'
import net from 'node:net'
import { networkInterfaces } from 'node:os'
import { multiaddr } from '@multiformats/multiaddr'
import { createGate } from '../src/access/index.ts'
import { fromBase64, toBase64 } from '../src/codec/index.ts'
import { generateSwarmKey, systemRandom } from '../src/keys/index.ts'
import { createStockNode } from '../test/helpers/stock-node.ts'
import { createSwarmCast } from '../test/helpers/swarm-nodes.ts'
import { cpuMs, machineLine } from './machine.ts'

const count = Number(process.env['BENCH_COUNT'] ?? 400)
const [mode, target = '', key = ''] = process.argv.slice(2).map((word) => word.replace(/^-+/, ''))

if (mode === 'attack-tcp') await attack(() => connectBare(target))
else if (mode === 'attack-key') await attack(() => connectWrongKey(target))
else if (mode === 'attack-unlisted') await attackUnlisted()
else await main()

async function main(): Promise<void> {
  console.log(`# refusals: ${count} each; ms of the listener's CPU per refusal`)
  console.log(machineLine())
  const bare = await bareAccept()
  console.log(`accept and close, bare          ${bare.toFixed(3)}`)
  const rows: [string, number][] = [
    ['wrong key, ours', await refusing('attack-key', 'ours')],
    ['wrong key, stock', await refusing('attack-key', 'stock')],
    ['unlisted, ours', await refusing('attack-unlisted', 'ours')],
    ['unlisted, stock with a gater', await refusing('attack-unlisted', 'stock')],
    ['unlisted, ours, penalised', await refusing('attack-unlisted', 'foreign')],
  ]
  for (const [name, ms] of rows)
    console.log(
      `${name.padEnd(31)} ${ms.toFixed(3)}  x bare ${(ms / bare).toFixed(1)}  per CPU second ${(1_000 / ms).toFixed(0)}`,
    )
  const [wrongOurs = 0, wrongStock = 0, unlistedOurs = 0, unlistedStock = 0, penalised = 0] = rows.map(([, ms]) => ms)
  console.log(
    `ratio  stock / ours: wrong key ${(wrongStock / wrongOurs).toFixed(2)}, unlisted ${(unlistedStock / unlistedOurs).toFixed(2)}, penalised ${(unlistedStock / penalised).toFixed(1)}`,
  )
  process.exit(0)
}

async function bareAccept(): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined).destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = (server.address() as net.AddressInfo).port
  const ms = await costOf('attack-tcp', `/ip4/127.0.0.1/tcp/${port}`, '')
  server.close()
  return ms
}

/** `foreign`: from an address that is not loopback and has no exemption, so that penalties count from the third on. */
async function refusing(how: string, who: 'ours' | 'stock' | 'foreign'): Promise<number> {
  const swarmKey = generateSwarmKey(systemRandom)
  const foreign = Object.values(networkInterfaces())
    .flat()
    .find((face) => face?.family === 'IPv4' && !face.internal)?.address
  if (who === 'foreign') {
    if (foreign === undefined) return Number.NaN
    const cast = await createSwarmCast()
    const node = await cast.node({
      swarmKeys: [swarmKey],
      gate: { permissioned: true },
      listen: [`/ip4/${foreign}/tcp/0`],
    })
    const ms = await costOf(how, node.bareAddress(), toBase64(swarmKey))
    await cast.stopAll()
    return ms
  }
  if (who === 'ours') {
    const cast = await createSwarmCast()
    const node = await cast.node({ swarmKeys: [swarmKey], gate: { permissioned: true }, isExemptSource: () => true })
    const ms = await costOf(how, node.bareAddress(), toBase64(swarmKey))
    await cast.stopAll()
    return ms
  }
  const gate = createGate({ permissioned: true })
  const node = await createStockNode(swarmKey, {
    gater: { denyInboundEncryptedConnection: (peer) => gate.admitInbound(peer.toString()).kind === 'refuse' },
    pendingMax: 1_000,
  })
  const ms = await costOf(
    how,
    node
      .getMultiaddrs()[0]
      ?.toString()
      .replace(/\/p2p.*/, '') ?? '',
    toBase64(swarmKey),
  )
  await node.stop()
  return ms
}

async function costOf(how: string, address: string, swarmKey: string): Promise<number> {
  const attackRound = (): Promise<void> =>
    new Promise((resolve) => {
      fork(process.argv[1] ?? '', [how, address, swarmKey], { execArgv: [] }).on('exit', () => {
        resolve()
      })
    })
  await attackRound()
  const { ms } = await cpuMs(attackRound)
  return ms / count
}

async function attack(once: () => Promise<void>): Promise<void> {
  for (let index = 0; index < count; index++) await once()
  process.exit(0)
}

function connectBare(address: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(portOf(address), '127.0.0.1')
    socket
      .on('error', () => undefined)
      .on('close', () => {
        resolve()
      })
      .resume()
  })
}

/** Nonce, then as many bytes as a greeting and a protocol take, under some other key. */
function connectWrongKey(address: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(portOf(address), '127.0.0.1', () => {
      socket.write(systemRandom.bytes(24))
    })
    let read = 0
    socket.on('data', (data) => {
      if (read < 24 && read + data.length >= 24) socket.write(new Uint8Array([...systemRandom.bytes(28)]))
      read += data.length
    })
    // A stock listener may wait for more: a dialler would, too; here it is enough to have been served.
    socket.setTimeout(300, () => socket.destroy())
    socket
      .on('error', () => undefined)
      .on('close', () => {
        resolve()
      })
  })
}

async function attackUnlisted(): Promise<void> {
  const stranger = await createStockNode(fromBase64(key), { listen: [] })
  await attack(async () => {
    const connection = await stranger
      .dial(multiaddr(target), { signal: AbortSignal.timeout(2_000) })
      .catch(() => undefined)
    if (connection?.status === 'open')
      await new Promise((resolve) => {
        connection.addEventListener('close', resolve)
      })
  })
}

function portOf(address: string): number {
  return Number(/tcp\/(\d+)/.exec(address)?.[1])
}
