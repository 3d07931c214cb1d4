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
import { eventually } from '../helpers/swarm-nodes.ts'

describe.skipIf(!isBuilt)('a swarm of daemons', { timeout: 120_000 }, () => {
  let cast: DaemonCast
  beforeEach(() => {
    cast = createDaemonCast()
  })
  afterEach(() => cast.stopAll())

  /** The first is the one through which the others meet. */
  async function swarm(count: number): Promise<[Daemon, ...Daemon[]]> {
    const first = await cast.start('n0')
    const names = Array.from({ length: count - 1 }, (_, index) => `n${String(index + 1)}`)
    const others = await Promise.all(names.map((name) => cast.start(name, { peers: [first.address] })))
    await meshed([first, ...others])
    return [first, ...others]
  }

  async function sees(daemon: Daemon, name: string, role: string): Promise<boolean> {
    const { devices } = await daemon.call('devices.ls', {})
    return devices.some((device) => device.name === name && device.role === role)
  }

  it('fault/R19: the node through which all met dies for good, and the others stay one swarm', async () => {
    const [first, ...others] = await swarm(5)
    await foundTeam([first, ...others])
    await first.end('SIGKILL')
    await eventually(async () => !(await others[0]?.welcomed())?.includes(first.peer), 'the death is noticed')
    await meshed(others)
    const [one] = others
    if (one === undefined) throw new Error('nobody is left')
    await one.call('roles.assign', { device: 'n4', role: 'operator', force: true })
    for (const daemon of others)
      await eventually(() => sees(daemon, 'n4', 'operator'), `${daemon.name} has the command`)
    await agreed(others)
  })

  it('fault/R19: a node that starts again finds its swarm by its own memory', async () => {
    const [first, second, third] = await swarm(3)
    if (second === undefined || third === undefined) throw new Error('three were asked for')
    await first.end('SIGKILL')
    await third.end()
    // With other ports than before and nobody named: only what it remembers leads it to the second.
    await third.start()
    await eventually(async () => (await third.welcomed()).includes(second.peer), 'the second is found again')
    expect((await third.call('swarms.show', {})).bootstrapNodes).toEqual([])
  })
})
