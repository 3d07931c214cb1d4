import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDaemonCast, isBuilt, meshed, type Daemon, type DaemonCast } from '../helpers/daemons.ts'
import { codeOf, eventually } from '../helpers/swarm-nodes.ts'

const knows = async (daemon: Daemon, other: Daemon) => (await daemon.welcomed()).includes(other.peer)

describe.skipIf(!isBuilt)('who may connect to a daemon', { timeout: 120_000 }, () => {
  let cast: DaemonCast
  beforeEach(() => {
    cast = createDaemonCast()
  })
  afterEach(() => cast.stopAll())

  /** Two nodes that list each other and are connected. */
  async function pair(): Promise<[Daemon, Daemon]> {
    const [one, two] = [cast.make('one'), cast.make('two')]
    for (const daemon of [one, two]) {
      await daemon.launch({ options: ['init'] })
      daemon.peer = /^PeerId: (\S+)$/m.exec(daemon.output)?.[1] ?? ''
    }
    const lists = { permissioned: [one.peer, two.peer] }
    await one.start({ options: ['--permissioned'], lists })
    await two.start({ options: ['--permissioned'], lists, peers: [one.address] })
    await meshed([one, two])
    return [one, two]
  }

  it('sec/N6: an entry removed from the file by hand ends the live connection, and it comes back with the entry', async () => {
    const [one, two] = await pair()
    one.writeList('permissioned', [one.peer])
    await eventually(async () => !(await knows(one, two)), 'cut on one')
    await eventually(async () => !(await knows(two, one)), 'gone on two')
    expect(await codeOf(two.call('swarms.connect', { address: one.address }))).toMatch(/^ERR_(?!INTERNAL)/)
    expect(await codeOf(one.call('swarms.connect', { address: two.address }))).toBe('ERR_ACCESS_NOT_PERMISSIONED')
    const { pending } = await one.call('pending.ls', {})
    const entry = pending.find(({ text }) => text === two.peer)
    expect(entry?.kind).toBe('peer')
    await one.call('pending.accept', { id: entry?.id ?? '' })
    expect(one.readList('permissioned')).toEqual([one.peer, two.peer])
    await two.call('swarms.connect', { address: one.address })
    await eventually(() => knows(one, two), 'back again')
    expect((await one.call('pending.ls', {})).pending).toEqual([])
  })

  it('sec/N5: an unreadable file admits nobody, and nodes show says so; mended it counts again', async () => {
    const [one, two] = await pair()
    one.writeList('permissioned', `["${two.peer}"`)
    await eventually(async () => !(await knows(one, two)), 'cut')
    const { gate, warnings } = await one.call('nodes.show', {})
    expect(gate.lists.permissioned).toMatchObject({ state: 'unreadable', peers: [], why: expect.any(String) })
    expect(warnings.join()).toContain('permissioned-nodes.json cannot be read')
    expect(await codeOf(one.call('permissioned.add', { entries: [two.peer] }))).toBe('ERR_ACCESS_LIST')
    one.writeList('permissioned', [two.peer])
    await eventually(
      async () => (await one.call('permissioned.status', {})).lists.permissioned.state === 'read',
      'read',
    )
    await eventually(async () => (await codeOf(one.call('swarms.connect', { address: two.address }))) === 'ok', 'in')
  })

  it('nobody new gets in while a list is settling', async () => {
    const [one, two] = await pair()
    await two.call('swarms.disconnect', { peer: one.peer })
    const stop = Date.now() + 700
    const codes = new Set<string>()
    while (Date.now() < stop) {
      one.writeList('permissioned', [one.peer, two.peer])
      one.writeList('permissioned', [one.peer, two.peer, one.peer])
      codes.add(await codeOf(one.call('swarms.connect', { address: two.address })))
    }
    expect([...codes].filter((code) => code !== 'ok' && code !== 'ERR_SWARM_BUSY')).toEqual([])
    expect(codes).toContain('ERR_SWARM_BUSY')
    await eventually(
      async () => (await codeOf(one.call('swarms.connect', { address: two.address }))) === 'ok',
      'settled',
    )
  })

  it('a ban beats the permissioned list, by command and by hand, with and without --permissioned', async () => {
    const [one, two] = await pair()
    const { cut } = await one.call('permissioned.ban', { entries: [two.peer] })
    expect(cut.peers).toEqual([two.peer])
    expect(await knows(one, two)).toBe(false)
    expect(await one.call('permissioned.check', { peer: two.peer })).toMatchObject({
      inbound: 'ERR_ACCESS_NOT_PERMISSIONED',
      because: 'disallowed-nodes.json bars it',
    })
    await one.end()
    await one.start()
    expect(await codeOf(one.call('swarms.connect', { address: two.address }))).toBe('ERR_ACCESS_NOT_PERMISSIONED')
    rmSync(one.path('disallowed-nodes.json'))
    await eventually(
      async () => (await codeOf(one.call('swarms.connect', { address: two.address }))) === 'ok',
      'unbanned',
    )
    one.writeList('disallowed', ['what is this'])
    await eventually(async () => !(await knows(one, two)), 'an unreadable ban bars everybody')
  })

  it('static nodes are dialled, and dialled again when they come late', async () => {
    const [one, two] = [cast.make('one'), cast.make('two')]
    await two.start()
    await two.end()
    const port = /\/tcp\/(\d+)/.exec(two.address)?.[1] ?? ''
    await one.start({ lists: { static: [two.address] } })
    await eventually(async () => (await one.call('nodes.show', {})).failures.length > 0, 'a dial failed', 15_000)
    await two.start({ options: ['--bind-swarm', `127.0.0.1:${port}`] })
    await eventually(() => knows(one, two), 'connected', 30_000)
  })

  it('a static node that the gate does not admit is not dialled', async () => {
    const two = await cast.start('two')
    const one = await cast.start('one', { options: ['--permissioned'], lists: { static: [two.address] } })
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect([await one.welcomed(), await two.welcomed()]).toEqual([[], []])
    expect((await two.call('nodes.show', {})).failures).toEqual([])
  })

  it('the setting swarm/permissioned cuts at once, and its answer says whom', async () => {
    const one = await cast.start('one')
    const two = await cast.start('two', { peers: [one.address] })
    await meshed([one, two])
    expect((await one.call('permissioned.enable', {})).cut.peers).toEqual([two.peer])
    expect((await one.call('permissioned.enable', {})).cut.peers).toEqual([])
    expect((await one.call('nodes.show', {})).warnings.join()).toContain('nobody gets in or out')
    expect(await codeOf(two.call('swarms.connect', { address: one.address }))).toMatch(/^ERR_(?!INTERNAL)/)
    await one.call('permissioned.disable', {})
    await one.call('swarms.connect', { address: two.address })
  })
})
