import { readFileSync, statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { swarmKeyFingerprint } from '../../src/keys/index.ts'
import {
  agreed,
  createDaemonCast,
  foundTeam,
  isBuilt,
  meshed,
  type Daemon,
  type DaemonCast,
} from '../helpers/daemons.ts'
import { codeOf, eventually } from '../helpers/swarm-nodes.ts'

const ring = async (daemon: Daemon) => (await daemon.call('swarms.show', {})).keys.map(({ fingerprint }) => fingerprint)
const keysInUse = async (daemon: Daemon) =>
  (await daemon.call('swarms.peers', {})).peers.map(({ swarmKey }) => swarmKey)

describe.skipIf(!isBuilt)('swarm keys that rotate', { timeout: 180_000 }, () => {
  let cast: DaemonCast
  let old: string
  beforeEach(() => {
    cast = createDaemonCast()
    old = swarmKeyFingerprint(cast.swarmKey)
  })
  afterEach(() => cast.stopAll())

  /** A team of daemons that governs them all; the first founded it. */
  async function governed(names: readonly string[]): Promise<{ daemons: Daemon[]; team: string }> {
    const [name = '', ...others] = names
    const first = await cast.start(name)
    const daemons = [first]
    for (const other of others) daemons.push(await cast.start(other, { peers: [first.address] }))
    await meshed(daemons)
    const team = await foundTeam(daemons)
    for (const daemon of daemons) await daemon.call('settings.set', { scope: 'swarm/governingTeam', value: team })
    return { daemons, team }
  }

  it('by one node alone: new beside old, exported, imported beside, and the old one retired', async () => {
    const one = await cast.start('one')
    const two = await cast.start('two', { peers: [one.address] })
    await meshed([one, two])
    const { fingerprint } = await one.call('swarms.rotate', {})
    expect(await ring(one)).toEqual([fingerprint, old])
    expect(await codeOf(one.call('swarms.retire', { fingerprint }))).toBe('ERR_INVALID_NODE_STATE')
    expect(await codeOf(one.call('swarms.retire', { fingerprint: '0'.repeat(32) }))).toBe('ERR_NODE_NOT_FOUND')
    const { key } = await one.call('swarms.export', {})
    await two.call('swarms.import', { key, beside: true })
    expect(await ring(two)).toEqual([fingerprint, old])
    expect((await one.call('swarms.retire', { fingerprint: old })).cut.peers).toEqual([two.peer])
    await meshed([one, two])
    expect(await keysInUse(one)).toEqual([fingerprint])
    // A start with the old key by option, as a service file has it, does not bring the old key back.
    await one.end()
    await one.start({ peers: [two.address] })
    expect(await ring(one)).toEqual([fingerprint])
    await meshed([one, two])
  })

  it('by the team: both keys on every disk, who was away gets the new one by the old, and the old one is refused', async () => {
    const { daemons, team } = await governed(['one', 'two', 'away'])
    const [one, two, away] = daemons as [Daemon, Daemon, Daemon]
    expect(await codeOf(one.call('swarms.rotate', {}))).toBe('ERR_INVALID_NODE_STATE')
    await away.end()
    const { fingerprint, keys } = await one.call('swarms.rotate', { team })
    expect(keys.map((key) => key.fingerprint)).toEqual([fingerprint, old])
    await eventually(async () => (await ring(two)).join() === [fingerprint, old].join(), 'two has both')
    for (const daemon of [one, two]) {
      expect(statSync(daemon.path('swarm.key')).mode & 0o777).toBe(0o600)
      expect(statSync(daemon.path('swarm-ring')).mode & 0o777).toBe(0o600)
    }
    expect(readFileSync(one.path('swarm.key'), 'utf8')).toBe(readFileSync(two.path('swarm.key'), 'utf8'))
    // Nothing was cut: what lives goes on with the old key, what begins takes the new one.
    expect([await keysInUse(one), await keysInUse(two)]).toEqual([[old], [old]])
    await two.end()
    await two.start({ peers: [one.address] })
    await meshed([one, two])
    expect([await ring(two), await keysInUse(two)]).toEqual([[fingerprint, old], [fingerprint]])
    await away.start({ peers: [one.address] })
    await eventually(
      async () => (await ring(away)).join() === [fingerprint, old].join(),
      'who was away has both',
      20_000,
    )
    await meshed(daemons)

    const retired = await one.call('swarms.retire', { fingerprint: old, team })
    expect(retired.cut.peers).toEqual([away.peer])
    for (const daemon of daemons)
      await eventually(async () => (await ring(daemon)).join() === fingerprint, `${daemon.name} has one`)
    await meshed(daemons)
    for (const daemon of daemons) expect(new Set(await keysInUse(daemon))).toEqual(new Set([fingerprint]))
    await agreed(daemons)
    // Who comes with the old key is turned away by name, and says so itself.
    const stranger = await cast.start('stranger')
    expect(await codeOf(stranger.call('swarms.connect', { address: one.address }))).toBe('ERR_SWARM_WRONG_KEY')
    expect(await codeOf(one.call('swarms.connect', { address: stranger.address }))).toBe('ERR_SWARM_WRONG_KEY')
    expect(await codeOf(one.call('swarms.retire', { fingerprint, team }))).toBe('ERR_TEAM_LAST_KEY')
    expect(await codeOf(one.call('swarms.retire', { fingerprint: old, team }))).toBe('ERR_TEAM_UNKNOWN_KEY')
  })

  /** Each is connected with its neighbours alone: what the first says reaches the last through all others. */
  async function chained(daemons: readonly Daemon[]): Promise<void> {
    for (const [at, daemon] of daemons.entries()) {
      const neighbours = [daemons[at - 1], daemons[at + 1]].flatMap((other) =>
        other === undefined ? [] : [other.peer],
      )
      daemon.writeList('permissioned', neighbours)
      await daemon.call('permissioned.enable', {})
      await eventually(
        async () => (await daemon.call('permissioned.status', {})).peers.length === neighbours.length,
        'its list is read',
      )
    }
    for (const [at, daemon] of daemons.slice(1).entries())
      await daemon.call('swarms.connect', { address: daemons[at]?.address ?? '' })
  }

  it('a chain of four: what is said at one end all the while arrives at the other, and no link ends before the old key does', async () => {
    const { daemons, team } = await governed(['one', 'two', 'three', 'four'])
    const [one, , , four] = daemons as [Daemon, Daemon, Daemon, Daemon]
    await chained(daemons)
    const said = new Set<string>()
    const over = new AbortController()
    const talk = (async () => {
      const admin = await one.connect()
      for (let turn = 0; !over.signal.aborted; turn += 1)
        said.add((await admin.call('labels.create', { label: `n${String(turn)}` })).command)
      await admin.close()
    })()
    const gone: string[] = []
    const watched = await Promise.all(daemons.map(async (daemon) => watchGone(daemon, gone)))
    const { fingerprint } = await one.call('swarms.rotate', { team })
    for (const daemon of daemons)
      await eventually(async () => (await ring(daemon)).join() === [fingerprint, old].join(), `${daemon.name} has both`)
    expect(gone).toEqual([])
    await one.call('swarms.retire', { fingerprint: old, team })
    for (const daemon of daemons)
      await eventually(
        async () => (await ring(daemon)).join() === fingerprint,
        `${daemon.name} has the new one`,
        30_000,
      )
    const before = said.size
    await eventually(() => said.size > before + 20, 'it goes on')
    over.abort()
    await talk
    for (const { close } of watched) await close()
    await agreed(daemons)
    const { commands } = await four.call('teams.log', { team })
    const heard = new Set(commands.map(({ command }) => command))
    expect([...said].filter((command) => !heard.has(command))).toEqual([])
    for (const daemon of daemons) expect(new Set(await keysInUse(daemon))).toEqual(new Set([fingerprint]))
  })

  /** Notes every peer that goes away from now on. */
  async function watchGone(daemon: Daemon, gone: string[]): Promise<{ close(): Promise<void> }> {
    const admin = await daemon.connect()
    const read = async (): Promise<void> => {
      for await (const { event, data } of admin.stream('watch', { topics: ['peers'] }))
        if (event === 'gone') gone.push(`${daemon.name}: ${String(data['peer'])}`)
    }
    const reading = read().catch(() => undefined)
    return {
      async close() {
        await admin.close()
        await reading
      },
    }
  }
})
