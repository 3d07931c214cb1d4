import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { formatSwarmKey } from '../../src/codec/index.ts'
import { generateSwarmKey, systemRandom } from '../../src/keys/index.ts'
import { createSwarmCast, eventually, welcomedPeers, type SwarmCast } from '../helpers/swarm-nodes.ts'

type Line = { event: string } & Record<string, unknown>

const folder = mkdtempSync(join(tmpdir(), 'hyrax-go-'))
const program = join(folder, 'go-peer')
const why = build()
if (why !== undefined) console.log(`skipped: interop with go-libp2p: ${why}`)

/** Builds the peer; a reason when this machine cannot. */
function build(): string | undefined {
  if (spawnSync('go', ['version']).status !== 0) return 'Go is not installed'
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: join(import.meta.dirname, 'go-peer'),
    encoding: 'utf8',
  })
  return built.status === 0 ? undefined : `go build failed: ${built.stderr.trim().split('\n').at(-1) ?? ''}`
}

describe.skipIf(why !== undefined)('a go-libp2p node with the swarm key', () => {
  let cast: SwarmCast
  const children: ChildProcess[] = []
  beforeAll(async () => {
    cast = await createSwarmCast()
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill()
    await cast.stopAll()
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  function goPeer(key: Uint8Array, ...args: string[]) {
    const file = join(folder, 'swarm.key')
    writeFileSync(file, formatSwarmKey(key, 'file'))
    const child = spawn(program, ['-key', file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    const lines: Line[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line))
    const event = async (name: string): Promise<Line> => {
      await eventually(() => lines.some((line) => line.event === name), `go: ${name}; it said ${JSON.stringify(lines)}`)
      return lines.find((line) => line.event === name) ?? { event: name }
    }
    return { event, lines }
  }

  it('connects, identifies and pings; without hello it is not welcomed', async () => {
    const one = await cast.node()
    const peer = goPeer(cast.swarmKey, '-dial', one.address())
    expect(await peer.event('identified')).toMatchObject({ peer: one.peer, agent: 'hyrax/test' })
    expect((await peer.event('pinged'))['ms']).toBeGreaterThan(0)
    expect(one.swarm.peers()).toMatchObject([{ state: 'connected', direction: 'inbound' }])
    expect(await one.swarm.ping(one.swarm.peers()[0]?.peer ?? '')).toBeGreaterThan(0)
  })
  it('that speaks hello is welcomed, and hears of peers', async () => {
    const [one, two] = [await cast.node({ name: 'one' }), await cast.node()]
    await two.swarm.connect(one.address())
    await eventually(() => welcomedPeers(one).length === 1, 'two')
    const peer = goPeer(cast.swarmKey, '-hello', '-dial', one.address())
    expect(await peer.event('welcomed')).toMatchObject({ name: 'one', peers: 1 })
    await eventually(
      () => one.swarm.peers().some(({ name, state }) => name === 'gopher' && state === 'welcomed'),
      'gopher',
    )
  })
  it('is dialled by us and welcomes us', async () => {
    const one = await cast.node()
    const peer = goPeer(cast.swarmKey, '-hello')
    const address = String((await peer.event('listening'))['address'])
    await one.swarm.connect(address)
    expect(one.swarm.peers()).toMatchObject([
      { name: 'gopher', agent: 'go-peer', state: 'welcomed', direction: 'outbound' },
    ])
  })
  it('with another swarm key is named', async () => {
    const one = await cast.node()
    const peer = goPeer(generateSwarmKey(systemRandom), '-dial', one.address())
    await peer.event('refused')
    expect(one.swarm.failures()).toMatchObject([{ code: 'ERR_SWARM_WRONG_KEY', direction: 'inbound' }])
  })
  it('sec/N3 that is not listed gets nothing', async () => {
    const one = await cast.node({ gate: { permissioned: true } })
    const peer = goPeer(cast.swarmKey, '-hello', '-dial', one.address())
    await eventually(() => one.swarm.failures().length > 0, 'the refusal')
    expect(one.swarm.failures()).toMatchObject([{ code: 'ERR_ACCESS_NOT_PERMISSIONED' }])
    expect(peer.lines.map(({ event }) => event)).not.toContain('welcomed')
    expect(one.swarm.peers()).toEqual([])
  })
})
