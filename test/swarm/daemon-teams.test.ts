import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  agreed,
  createDaemonCast,
  foundTeam,
  isBuilt,
  meshed,
  type Daemon,
  type DaemonCast,
} from '../helpers/daemons.ts'
import { codeOf, eventually, isFull } from '../helpers/swarm-nodes.ts'

describe.skipIf(!isBuilt)('teams on daemons', { timeout: isFull ? 1_800_000 : 120_000 }, () => {
  let cast: DaemonCast
  beforeEach(() => {
    cast = createDaemonCast()
  })
  afterEach(() => cast.stopAll())

  const knows = async (daemon: Daemon, other: Daemon) => (await daemon.welcomed()).includes(other.peer)

  it('sec/N6: a device removed by command is cut on every node that the team governs, and stays out', async () => {
    const one = await cast.start('one')
    const [two, out] = await Promise.all(['two', 'out'].map((name) => cast.start(name, { peers: [one.address] })))
    if (two === undefined || out === undefined) throw new Error('three were asked for')
    await meshed([one, two, out])
    const team = await foundTeam([one, two, out])
    for (const daemon of [one, two]) {
      await daemon.call('settings.set', { scope: 'swarm/governingTeam', value: team })
    }
    expect(await one.call('devices.remove', { device: 'out' })).toMatchObject({ cut: 1 })
    expect(await knows(one, out)).toBe(false)
    await eventually(async () => !(await knows(two, out)), 'cut on two')
    for (const daemon of [one, two]) {
      expect(await codeOf(out.call('swarms.connect', { address: daemon.address }))).not.toBe('ok')
      expect(await codeOf(daemon.call('swarms.connect', { address: out.address }))).toBe('ERR_ACCESS_NOT_PERMISSIONED')
      expect(await daemon.call('permissioned.check', { peer: out.peer })).toMatchObject({
        because: 'the governing team removed it',
      })
    }
    // Also after a start, and although the one that was removed goes on trying.
    await two.end()
    await two.start({ peers: [one.address, out.address] })
    await meshed([one, two])
    expect(await knows(two, out)).toBe(false)
    await agreed([one, two])
  })

  it('a removed device may come back as a stranger, until a node lets the team govern: then it is cut at once', async () => {
    const one = await cast.start('one')
    const out = await cast.start('out', { peers: [one.address] })
    await meshed([one, out])
    const team = await foundTeam([one, out])
    expect(await one.call('devices.remove', { device: 'out' })).toMatchObject({ cut: 1 })
    await eventually(() => knows(one, out), 'back, where nobody bars it')
    const { notices } = await one.call('settings.set', { scope: 'swarm/governingTeam', value: team })
    expect(notices.join(' ')).toMatch(/^Cut 1 connections/)
    expect(await knows(one, out)).toBe(false)
  })

  it('fault/R1: kill -9 while authoring loses no acknowledged command', async () => {
    const [node, other] = [await cast.start('node'), await cast.start('other')]
    const { team } = await node.call('teams.create', { name: 'herd', deviceName: 'node' })
    const { bundle } = await other.call('devices.keybundle', {})
    await node.call('devices.add', { bundle, name: 'other' })
    const acknowledged = new Set<string>()
    const cycles = isFull ? 200 : 20
    for (let cycle = 0; cycle < cycles; cycle += 1) await killWhileWriting(node, acknowledged, cycle)
    const { commands } = await node.call('teams.log', { team, last: 100_000 })
    const kept = new Set(commands.map(({ command }) => command))
    expect([...acknowledged].filter((command) => !kept.has(command))).toEqual([])
    expect(acknowledged.size).toBeGreaterThan(cycles)
    // What was kept is whole: another node takes it all and comes to the same state.
    await other.call('teams.add', { team })
    await other.call('sync.add', { address: node.address, team })
    await agreed([node, other], 60_000)
  })

  /** Two writers until the node dies, at another moment each time; then it is started again. */
  async function killWhileWriting(node: Daemon, acknowledged: Set<string>, cycle: number): Promise<void> {
    const before = acknowledged.size
    const write = async (writer: number): Promise<void> => {
      const admin = await node.connect()
      // Until the connection dies with the node; a refusal by the team's law is an answer like any other.
      for (let turn = writer; ; turn += 1) {
        const role = turn % 2 === 0 ? 'operator' : 'user'
        const code = await codeOf(
          admin.call('roles.assign', { device: 'other', role, force: true }).then(({ command }) => {
            acknowledged.add(command)
          }),
        )
        if (code !== 'ok' && !code.startsWith('ERR_TEAM_')) return
      }
    }
    const writers = [write(0), write(1)]
    await eventually(() => acknowledged.size > before, `a command in cycle ${String(cycle)}`)
    // Drawn from the cycle: a failure comes back.
    await new Promise((resolve) => setTimeout(resolve, (cycle * 7_919) % 140))
    await node.end('SIGKILL')
    await Promise.all(writers)
    await node.start()
  }
})
