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
import { codeOf, eventually } from '../helpers/swarm-nodes.ts'

const knows = async (daemon: Daemon, other: Daemon) => (await daemon.welcomed()).includes(other.peer)
const standing = async (daemon: Daemon, other: Daemon) => {
  const { peers } = await daemon.call('permissioned.status', {})
  return peers.find(({ peer }) => peer === other.peer)
}

describe.skipIf(!isBuilt)('a team governs the swarm', { timeout: 120_000 }, () => {
  let cast: DaemonCast
  beforeEach(() => {
    cast = createDaemonCast()
  })
  afterEach(() => cast.stopAll())

  /** Daemons in one mesh, all members of a team that governs each of them; the first founded it. */
  async function governed(...names: string[]): Promise<{ daemons: Daemon[]; team: string }> {
    const [name = '', ...others] = names
    const first = await cast.start(name)
    const rest = await Promise.all(others.map((other) => cast.start(other, { peers: [first.address] })))
    const daemons = [first, ...rest]
    await meshed(daemons)
    const team = await foundTeam(daemons)
    for (const daemon of daemons) await daemon.call('settings.set', { scope: 'swarm/governingTeam', value: team })
    return { daemons, team }
  }

  /** The same, permissioned, with everybody on the team's list and nobody in a file. */
  async function permissioned(...names: string[]): Promise<{ daemons: Daemon[]; team: string }> {
    const made = await governed(...names)
    const [first] = made.daemons
    const entries = made.daemons.map(({ address }) => address)
    const added = await first?.call('permissioned.add', { entries, team: made.team })
    expect(added).toMatchObject({ changed: made.daemons.map(({ peer }) => peer), team: made.team, notices: [] })
    expect(added?.commands).toHaveLength(names.length)
    await agreed(made.daemons)
    for (const daemon of made.daemons)
      expect((await daemon.call('permissioned.enable', {})).cut.peers, daemon.name).toEqual([])
    return made
  }

  it('sec/N6: RemoveNode cuts on every node, beats their files, and is undone by AddNode alone', async () => {
    const { daemons, team } = await permissioned('one', 'two', 'out')
    const [one, two, out] = daemons as [Daemon, Daemon, Daemon]
    await two.call('permissioned.add', { entries: [out.peer] })
    expect(await standing(two, out)).toMatchObject({ listed: true, admittedBy: ['file', 'team'] })
    const removed = await one.call('permissioned.remove', { entries: [out.peer], team })
    expect(removed).toMatchObject({ changed: [out.peer], cut: { peers: [out.peer] } })
    expect(await knows(one, out)).toBe(false)
    await eventually(async () => !(await knows(two, out)), 'cut on two')
    expect(await standing(two, out)).toMatchObject({ listed: false, admittedBy: ['file'], barredBy: ['team'] })
    expect(await two.call('permissioned.check', { peer: out.peer })).toMatchObject({
      inbound: 'ERR_ACCESS_NOT_PERMISSIONED',
      because: 'the governing team removed it',
      barredBy: ['team'],
    })
    // To remove it once more is no error; an entry in a file changes nothing; a start changes nothing.
    expect(await one.call('permissioned.remove', { entries: [out.peer], team })).toMatchObject({
      changed: [],
      unchanged: [out.peer],
    })
    const { notices } = await one.call('permissioned.add', { entries: [out.peer] })
    expect(notices).toEqual([
      `${out.peer} stays out: the team removed it. To take it back: ax permissioned add ${out.peer} --team ${team}`,
    ])
    await two.end()
    await two.start({ peers: [one.address, out.address] })
    await meshed([one, two])
    for (const daemon of [one, two]) {
      expect(await codeOf(daemon.call('swarms.connect', { address: out.address }))).toBe('ERR_ACCESS_NOT_PERMISSIONED')
    }
    await one.call('permissioned.add', { entries: [out.address], team })
    await agreed([one, two])
    for (const daemon of [one, two]) await daemon.call('swarms.connect', { address: out.address })
    expect(await knows(one, out)).toBe(true)
  })

  it('the addresses of the list are dialled: nodes find each other by the team alone', async () => {
    const { daemons, team } = await permissioned('one', 'two')
    const [one, two] = daemons as [Daemon, Daemon]
    const late = await cast.start('late')
    await one.call('permissioned.add', { entries: [late.address], team })
    await eventually(() => knows(one, late), 'one dials it')
    await eventually(() => knows(two, late), 'two dials it')
  })

  it('who is taken back is dialled where it was, and waits for nobody', async () => {
    const { daemons, team } = await permissioned('one', 'out')
    const [one, out] = daemons as [Daemon, Daemon]
    await one.call('permissioned.remove', { entries: [out.peer], team })
    await eventually(async () => (await one.call('pending.ls', {})).pending.length > 0, 'it has tried, and rests')
    // By its PeerId: the team says no address of it any more.
    const id = (await one.call('pending.ls', {})).pending[0]?.id ?? ''
    expect(await one.call('pending.accept', { id, team })).toMatchObject({ text: out.peer, team, notices: [] })
    expect(await standing(one, out)).toMatchObject({ listed: true, admittedBy: ['team'], teamAddresses: [] })
    await eventually(() => knows(one, out), 'one dials it')
  })

  it('a listed node keeps its addresses; the answer says how they are changed', async () => {
    const { daemons, team } = await permissioned('one', 'two')
    const [one, two] = daemons as [Daemon, Daemon]
    const [listed = ''] = (await standing(one, two))?.teamAddresses ?? []
    expect(two.address).toBe(`${listed}/p2p/${two.peer}`)
    const moved = `/ip4/10.9.8.7/tcp/4001/p2p/${two.peer}`
    const answer = await one.call('permissioned.add', { entries: [moved], team })
    expect(answer).toMatchObject({ changed: [], unchanged: [two.peer], commands: [] })
    expect(answer.notices.join()).toContain(`stands there with ${listed}`)
    expect(answer.notices.join()).toContain(`ax permissioned remove ${two.peer} --team ${team}, then add it`)
    expect((await one.call('permissioned.add', { entries: [two.address], team })).notices).toEqual([])
    await one.call('permissioned.remove', { entries: [two.peer], team })
    await one.call('permissioned.add', { entries: [moved], team })
    expect(await standing(one, two)).toMatchObject({ listed: true, teamAddresses: ['/ip4/10.9.8.7/tcp/4001'] })
    await eventually(() => knows(one, two), 'found where it was')
  })

  it('a removed device takes its node with it; a closed team lists nobody', async () => {
    const { daemons, team } = await permissioned('one', 'two', 'out')
    const [one, two, out] = daemons as [Daemon, Daemon, Daemon]
    expect(await one.call('devices.remove', { device: 'out' })).toMatchObject({ cut: 1 })
    await eventually(async () => !(await knows(two, out)), 'cut on two')
    expect(await standing(two, out)).toMatchObject({ listed: false, admittedBy: [], barredBy: ['team'] })
    await one.call('teams.close', { team })
    await eventually(async () => (await one.welcomed()).length === 0, 'nobody is listed any more')
    const gate = await one.call('permissioned.status', {})
    expect(gate).toMatchObject({ governing: { team, state: 'closed', listed: 0 } })
    expect(gate.peers.filter(({ listed }) => listed)).toEqual([])
    expect((await one.call('nodes.show', {})).warnings.join()).toContain('its list counts as empty')
  })

  it('seed Q5: nodes with different lists are shown the difference, and a change by the team is none', async () => {
    const { daemons, team } = await permissioned('one', 'two')
    const [one, two] = daemons as [Daemon, Daemon]
    for (const daemon of daemons) {
      await daemon.end()
      await daemon.start({ peers: [one.address] })
    }
    await meshed(daemons)
    const differing = async (daemon: Daemon) => (await daemon.call('permissioned.status', {})).differing
    await eventually(async () => (await differing(one)).length + (await differing(two)).length === 0, 'the same lists')
    const stranger = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'
    await one.call('permissioned.add', { entries: [stranger], team })
    await agreed(daemons)
    expect([await differing(one), await differing(two)]).toEqual([[], []])
    await two.call('permissioned.ban', { entries: [stranger] })
    expect(await differing(two)).toMatchObject([{ peer: one.peer, list: 'disallowed' }])
    expect((await two.call('nodes.show', {})).warnings.join()).toContain('another list of disallowed nodes')
  })
})
