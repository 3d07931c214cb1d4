import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HyraxError } from '../../src/base/index.ts'
import { toBase64, toBase64Url, toHex } from '../../src/codec/index.ts'
import { operations, type OperationName } from '../../src/operations/index.ts'
import { createDaemonCast, foundTeam, isBuilt, meshed, type Daemon, type DaemonCast } from '../helpers/daemons.ts'

/** The identity of a node that is not there. */
const stranger = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'

/** Hex of the node's first signing key: it is retired when there is another. */
function signingKeyOf(node: Daemon): string {
  const text = readFileSync(node.path('keys', 'ring.json'), 'utf8')
  return /"publicKey": "([0-9a-f]{64})"/.exec(text)?.[1] ?? ''
}

/** What an operation needs at least; all others are asked with nothing. */
function inputs(node: Daemon, other: Daemon): Partial<Record<OperationName, object>> {
  return {
    'settings.get': { scope: '.', defaults: true },
    'settings.schema': { scope: '.' },
    'settings.set': { scope: 'general/displayName', value: 'renamed' },
    'settings.unset': { scope: 'general/displayName' },
    'settings.import': { text: 'log:\n  level: DEBUG\n' },
    'swarms.connect': { address: other.address },
    'swarms.ping': { peer: other.peer },
    'permissioned.check': { peer: other.peer },
    'permissioned.add': { entries: [other.peer] },
    'static.add': { entries: [other.address] },
    'devices.show': { device: node.name },
    'roles.assign': { device: other.name, role: 'operator' },
    'sync.add': { address: other.address },
    'permissioned.remove': { entries: [other.peer] },
    'permissioned.ban': { entries: [stranger] },
    'permissioned.unban': { entries: [stranger] },
    'static.remove': { entries: [other.address] },
    'sync.remove': { address: other.address },
    'devices.retire-key': { key: signingKeyOf(node) },
    'roles.revoke': { device: other.name, role: 'operator' },
    'roles.create': { role: 'clerk', rank: 650, permissions: ['label.assign'] },
    'roles.add-permission': { role: 'clerk', permission: 'label.define' },
    'roles.remove-permission': { role: 'clerk', permission: 'label.define' },
    'labels.create': { label: 'orders' },
    'labels.assign': { device: other.name, label: 'orders' },
    'labels.revoke': { device: other.name, label: 'orders' },
    'names.assign': { device: other.name, name: 'db' },
    'names.revoke': { device: other.name, name: 'db' },
    'claims.trust': { key: stranger },
    'claims.distrust': { key: stranger },
    'claims.revoke': { id: stranger },
    'keys.authorize': { entry: 'no key' },
    'pending.accept': { id: 'none' },
  }
}

/** They end node or team, make another team, or are there to give the swarm key away. */
const apart: readonly string[] = ['nodes.shutdown', 'swarms.export', 'watch', 'teams.create', 'teams.close']

describe.skipIf(!isBuilt)('sec/K6: secrets of a daemon', { timeout: 120_000 }, () => {
  let cast: DaemonCast
  beforeEach(() => {
    cast = createDaemonCast()
  })
  afterEach(() => cast.stopAll())

  /** The swarm key in every form, and whatever stands in a key file and not in its public half. */
  function secretsOf(node: Daemon): string[] {
    const key = cast.swarmKey
    const found = [toHex(key), toHex(key).toUpperCase(), toBase64(key), toBase64Url(key)]
    for (const name of readdirSync(node.path('keys')).filter((file) => file.endsWith('.key'))) {
      const publicHalf = readFileSync(node.path('keys', name.replace('.key', '.pub')), 'utf8')
      const texts = readFileSync(node.path('keys', name), 'utf8').match(/[A-Za-z0-9+/_-]{40,}={0,2}/g) ?? []
      for (const text of texts.filter((candidate) => !publicHalf.includes(candidate))) {
        found.push(text, Buffer.from(text, 'base64').toString('hex'))
      }
    }
    return found
  }

  async function askEverything(node: Daemon, other: Daemon): Promise<string> {
    const given = inputs(node, other)
    const answers: string[] = []
    for (const name of Object.keys(operations) as OperationName[]) {
      if (apart.includes(name)) continue
      const answer = await node.call(name, (given[name] ?? {}) as never).catch((error: HyraxError) => {
        const { code, data, message, stack } = error
        return { code, data, message, stack }
      })
      answers.push(`${name} ${JSON.stringify(answer)}`)
    }
    return answers.join('\n')
  }

  it('are in no answer, no log, no argument and no environment', async () => {
    const options = ['--log-level', 'TRACE', '--log-format', 'json']
    const other = await cast.start('other')
    const node = await cast.start('node', { options, peers: [other.address] })
    await meshed([node, other])
    await foundTeam([node, other])
    const before = secretsOf(node)
    const places: Record<string, string> = { answers: await askEverything(node, other) }
    if (existsSync('/proc/self')) {
      for (const name of ['cmdline', 'environ'])
        places[name] = readFileSync(`/proc/${String(node.pid)}/${name}`, 'latin1')
    }
    await node.end()
    places['output'] = node.output
    // Those of the keys that were made meanwhile, too.
    const secrets = new Set([...before, ...secretsOf(node)])
    expect(before.length).toBeGreaterThanOrEqual(4 + 3)
    expect(secrets.size).toBeGreaterThan(before.length)
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) expect(text.includes(secret), `a secret in ${place}`).toBe(false)
    }
    expect(places['answers']?.match(/^[a-z.-]+ \{"code":"/gm)?.length).toBeLessThan(20)
    expect(node.output).toContain('"msg":"peer welcomed"')
  })

  it('a passphrase from a file locks the keys and is seen nowhere; another one does not open them', async () => {
    const sentinel = 'sentinel-Passphrase-1f5c'
    const node = cast.make('node')
    const file = `${cast.directory}/passphrase`
    writeFileSync(file, `${sentinel}\n`, { mode: 0o600 })
    const options = ['--passphrase-file', file, '--log-level', 'TRACE']
    await node.start({ options })
    const { peer } = node
    expect(JSON.stringify(await node.call('nodes.show', {}))).not.toContain(sentinel)
    const seen = [readFileSync(`/proc/${String(node.pid)}/cmdline`, 'latin1'), node.output]
    await node.end()
    writeFileSync(file, 'another one\n', { mode: 0o600 })
    expect(await node.launch({ options })).toMatchObject({ status: 4 })
    expect(node.output).toContain('[ERR_KEYS_PASSWORD]')
    seen.push(node.output)
    expect((await node.launch()).status).not.toBe(0)
    expect(node.output).toContain('[ERR_KEYS_LOCKED]')
    seen.push(node.output)
    for (const name of readdirSync(node.path('keys'))) seen.push(readFileSync(node.path('keys', name), 'utf8'))
    expect(seen.join('\n')).not.toContain(sentinel)
    writeFileSync(file, `${sentinel}\n`, { mode: 0o600 })
    await node.start({ options })
    expect(node.peer).toBe(peer)
  })
})
