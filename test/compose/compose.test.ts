import { execFile, spawnSync } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/**
 * docker-compose.yml on a real engine. It builds an image and pulls its base, so it runs only when asked:
 * HYRAX_COMPOSE=1 and a running engine.
 */
const root = path.resolve(import.meta.dirname, '../..')
const asked = process.env['HYRAX_COMPOSE'] === '1' && spawnSync('docker', ['info']).status === 0
if (!asked) console.log('skipped: docker compose (run it with HYRAX_COMPOSE=1 where a Docker engine runs)')

const project = `hyrax-test-${String(process.pid)}`
const [program = 'docker', ...prefix] =
  spawnSync('docker', ['compose', 'version']).status === 0 ? ['docker', 'compose'] : ['docker-compose']
const nodes = ['node-1', 'node-2', 'node-3']
const run = promisify(execFile)
// The classic builder needs no plug-in, and works wherever an engine runs.
const env = { ...process.env, DOCKER_BUILDKIT: '0', COMPOSE_DOCKER_CLI_BUILD: '0' }

async function compose(...args: string[]): Promise<string> {
  const { stdout } = await run(program, [...prefix, '-p', project, ...args], { cwd: root, env, maxBuffer: 64 << 20 })
  return stdout
}

async function ax<T>(node: string, ...args: string[]): Promise<T> {
  const stdout = await compose('exec', '-T', node, 'ax', ...args, '--json')
  return (JSON.parse(stdout) as { result: T }).result
}

async function container(node: string): Promise<string> {
  return (await compose('ps', '-q', node)).trim()
}

interface Peers {
  peers: { peer: string; state: string }[]
}

/** How many nodes this one has welcomed; -1 while it does not answer. */
async function welcomed(node: string): Promise<number> {
  try {
    const { peers } = await ax<Peers>(node, 'swarms', 'peers')
    return peers.filter(({ state }) => state === 'welcomed').length
  } catch {
    return -1
  }
}

/** Waits until each of these nodes has welcomed so many others. */
async function settled(which: string[], count: number): Promise<void> {
  await expect
    .poll(() => Promise.all(which.map(welcomed)), { timeout: 90_000, interval: 1_000 })
    .toEqual(which.map(() => count))
}

describe.skipIf(!asked)('docker compose', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    await compose('build')
    await compose('up', '-d')
  }, 900_000)

  afterAll(async () => {
    await compose('down', '-v', '--timeout', '5')
  }, 120_000)

  it('brings up three nodes that are one swarm', async () => {
    await settled(nodes, 2)
  })

  it('finds every node healthy, by the word of ax', async () => {
    const health = async (node: string) => {
      const { stdout } = await run('docker', ['inspect', '-f', '{{.State.Health.Status}}', await container(node)])
      return stdout.trim()
    }
    await expect
      .poll(() => Promise.all([...nodes, 'outsider'].map(health)), { timeout: 60_000, interval: 1_000 })
      .toEqual(['healthy', 'healthy', 'healthy', 'healthy'])
  })

  it('runs as a normal user', async () => {
    expect((await compose('exec', '-T', 'node-1', 'id', '-u')).trim()).toBe('1000')
  })

  it('never lets the outsider in, and names the reason on both sides', async () => {
    const codes = async (node: string) => {
      const { failures } = await ax<{ failures: { error: { code: string } }[] }>(node, 'nodes', 'show')
      return failures.map(({ error }) => error.code)
    }
    await expect.poll(() => codes('node-1'), { timeout: 30_000 }).toContain('ERR_SWARM_WRONG_KEY')
    await expect.poll(() => codes('outsider'), { timeout: 30_000 }).toContain('ERR_SWARM_WRONG_KEY')
    expect(await welcomed('outsider')).toBe(0)
  })

  it('stays one swarm when the node is killed through which the others met', async () => {
    const first = await container('node-1')
    await run('docker', ['kill', first])
    await settled(['node-2', 'node-3'], 1)
    await run('docker', ['start', first])
    await settled(nodes, 2)
  })

  it('heals after a node was paused', async () => {
    const second = await container('node-2')
    await run('docker', ['pause', second])
    await settled(['node-1', 'node-3'], 1)
    await run('docker', ['unpause', second])
    await settled(nodes, 2)
  })

  it('heals after a node was disconnected', async () => {
    const third = await container('node-3')
    await run('docker', ['network', 'disconnect', `${project}_swarm`, third])
    await settled(['node-1', 'node-2'], 1)
    await run('docker', ['network', 'connect', '--alias', 'node-3', `${project}_swarm`, third])
    await settled(nodes, 2)
  })
})
