import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { formatSwarmKey } from '../../src/codec/index.ts'
import { generateSwarmKey, systemRandom } from '../../src/keys/index.ts'
import { createSwarmCast, eventually, type SwarmCast } from '../helpers/swarm-nodes.ts'

/** Row B8: a node written in another language, with a libp2p that shares no line with ours. */
const source = path.resolve(import.meta.dirname, 'go-peer')
const program = path.resolve(import.meta.dirname, '../../.cache/go-peer')
const hasGo =
  spawnSync('go', ['version']).status === 0 && spawnSync('go', ['mod', 'download'], { cwd: source }).status === 0
if (!hasGo) console.log('skipped: a libp2p node in Go (no Go here, or its modules cannot be had)')

interface Fact {
  readonly event: string
  readonly text: string
}

describe.skipIf(!hasGo)('a libp2p node in Go with the same swarm key', { timeout: 60_000 }, () => {
  const home = mkdtempSync(path.join(tmpdir(), 'hyrax-go-'))
  const running: ChildProcess[] = []
  let cast: SwarmCast
  let keyFile: string

  beforeAll(async () => {
    mkdirSync(path.dirname(program), { recursive: true })
    const build = spawnSync('go', ['build', '-o', program, '.'], { cwd: source, encoding: 'utf8' })
    expect(build.status, build.stderr).toBe(0)
    cast = await createSwarmCast()
    keyFile = writeKey('swarm.key', cast.swarmKey)
  }, 900_000)

  afterEach(async () => {
    for (const child of running.splice(0)) child.kill('SIGKILL')
    await cast.stopAll()
  })

  afterAll(() => {
    rmSync(home, { recursive: true, force: true })
  })

  function writeKey(name: string, key: Uint8Array): string {
    const file = path.join(home, name)
    writeFileSync(file, formatSwarmKey(key, 'file'), { mode: 0o600 })
    return file
  }

  /** Starts the Go peer; `facts` grows with what it tells. */
  function start(...args: string[]) {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    running.push(child)
    const facts: Fact[] = []
    createInterface(child.stdout).on('line', (line) => facts.push(JSON.parse(line) as Fact))
    const ended = new Promise<Fact[]>((resolve) =>
      child.once('close', () => {
        resolve(facts)
      }),
    )
    const heard = (event: string) => facts.find((fact) => fact.event === event)?.text
    return { facts, ended, heard }
  }

  it('connects, pings and identifies, without a word of hello', async () => {
    const node = await cast.node()
    const facts = await start('-key', keyFile, '-dial', node.address()).ended
    expect(facts.map(({ event }) => event)).toEqual(['connected', 'ping', 'agent'])
    expect(facts.at(-1)?.text).toBe('hyrax/test')
  })

  it('is welcomed when it says hello', async () => {
    const node = await cast.node({ name: 'hyrax-one' })
    const facts = await start('-key', keyFile, '-dial', node.address(), '-hello').ended
    expect(facts.map(({ event }) => event)).toEqual(['connected', 'hello', 'welcomed', 'ping', 'agent'])
    expect(facts[1]?.text).toBe('hyrax-one')
  })

  it('is dialled by us, and welcomed', async () => {
    const go = start('-key', keyFile, '-listen', '-hello')
    await eventually(() => go.heard('address') !== undefined, 'the address of the Go peer')
    const node = await cast.node()
    await node.swarm.connect(go.heard('address') ?? '')
    await eventually(() => go.heard('welcomed') === node.peer, 'the Go peer has welcomed us')
    await eventually(() => go.heard('agent') === 'hyrax/test', 'the Go peer has identified us')
    expect(node.swarm.peers()).toMatchObject([{ state: 'welcomed', name: 'gopher' }])
  })

  it('gets nowhere with another swarm key, and we name it', async () => {
    const node = await cast.node()
    const other = writeKey('other.key', generateSwarmKey(systemRandom))
    const facts = await start('-key', other, '-dial', node.address()).ended
    expect(facts.map(({ event }) => event)).toEqual(['error'])
    expect(node.swarm.failures()).toMatchObject([{ code: 'ERR_SWARM_WRONG_KEY' }])
  })

  it('is turned away by the gate', async () => {
    const node = await cast.node({ gate: { permissioned: true } })
    const facts = await start('-key', keyFile, '-dial', node.address(), '-hello').ended
    expect(facts.at(-1)?.event).toBe('error')
    expect(facts.some(({ event }) => event === 'welcomed')).toBe(false)
  })
})
