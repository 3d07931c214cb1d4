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

describe.skipIf(!isBuilt)('keys on daemons', { timeout: 120_000 }, () => {
  let cast: DaemonCast
  beforeEach(() => {
    cast = createDaemonCast()
  })
  afterEach(() => cast.stopAll())

  /** So many daemons that know each other, in one team: the first owns it, the second is an admin. */
  async function herd(...names: readonly string[]): Promise<Daemon[]> {
    const [first, ...rest] = names
    const one = await cast.start(first ?? 'one')
    const others = await Promise.all(rest.map((name) => cast.start(name, { peers: [one.address] })))
    await meshed([one, ...others])
    await foundTeam([one, ...others])
    return [one, ...others]
  }

  /** The id of the epoch that data is sealed with, where this node has its secret. The id binds the secret. */
  async function sealing(daemon: Daemon): Promise<string | undefined> {
    const { epochs } = await daemon.call('teams.show', {})
    return epochs.find((epoch) => epoch.sealing && epoch.readable)?.epoch
  }

  const keysOf = (daemon: Daemon, device: string) => daemon.call('devices.show', { device })

  it('I14: when a device is removed the others have a new epoch, also after a start, and it has not', async () => {
    const [one, two, out] = await herd('one', 'two', 'out')
    if (one === undefined || two === undefined || out === undefined) throw new Error('three were asked for')
    const first = (await one.call('teams.rotate-key', {})).epoch
    for (const daemon of [one, two, out]) await eventually(async () => (await sealing(daemon)) === first, 'first epoch')
    await one.call('devices.remove', { device: 'out' })
    const second = await sealing(one)
    expect(second).not.toBe(first)
    await eventually(async () => (await sealing(two)) === second, 'two reads the second')
    await two.end()
    await two.start({ peers: [one.address] })
    await eventually(async () => (await sealing(two)) === second, 'also after a start')
    const { epochs } = await out.call('teams.show', {})
    expect(epochs.filter(({ readable }) => readable).map(({ epoch }) => epoch)).toEqual([first])
  })

  it('who comes later is given earlier epochs where that was chosen, and keeps them; by default none', async () => {
    const [one, two] = await herd('one', 'two')
    if (one === undefined || two === undefined) throw new Error('two were asked for')
    const early = [(await one.call('teams.rotate-key', {})).epoch, (await one.call('teams.rotate-key', {})).epoch]
    const team = (await one.call('teams.ls', {})).teams[0]?.team ?? ''
    const readable = async (daemon: Daemon): Promise<string[]> => {
      const { epochs } = await daemon.call('teams.show', {})
      return epochs.filter((epoch) => epoch.readable).map(({ epoch }) => epoch)
    }
    const add = async (name: string, epochs: 'all' | 'none'): Promise<Daemon> => {
      const daemon = await cast.start(name, { peers: [one.address] })
      const { bundle } = await daemon.call('devices.keybundle', {})
      await one.call('devices.add', { bundle, name, epochs })
      await daemon.call('teams.add', { team })
      await daemon.call('sync.add', { address: one.address, team })
      return daemon
    }
    const given = await add('given', 'all')
    const bare = await add('bare', 'none')
    const { code } = await one.call('invites.create', { epochs: 'all' })
    const joined = await cast.start('joined', { peers: [one.address] })
    await joined.call('invites.join', { code })
    const readsAll = async (daemon: Daemon): Promise<boolean> => {
      const found = await readable(daemon)
      return early.every((epoch) => found.includes(epoch))
    }
    for (const daemon of [given, joined]) await eventually(() => readsAll(daemon), `${daemon.name} reads all`, 60_000)
    await eventually(async () => (await readable(bare)).length > 0, 'the epoch that was made for all of them', 60_000)
    // Who gave them is not needed any more.
    await one.end()
    await given.end()
    await given.start({ peers: [two.address] })
    await eventually(() => readsAll(given), 'also after a start')
    expect((await readable(bare)).filter((epoch) => early.includes(epoch))).toEqual([])
  })

  it('a device announces new keys beside its old ones, and retires these; the rest sees it', async () => {
    const [one, two] = await herd('one', 'two')
    if (one === undefined || two === undefined) throw new Error('two were asked for')
    const before = await keysOf(one, 'two')
    const added = await two.call('devices.add-key', {})
    expect(added.teams).toMatchObject([{ code: null }])
    const sees = async (count: number): Promise<boolean> => (await keysOf(one, 'two')).signingKeys.length === count
    await eventually(() => sees(2), 'new beside old')
    expect((await keysOf(one, 'two')).signingKeys).toEqual([...before.signingKeys, added.signingKey])
    await two.call('devices.retire-key', { key: before.signingKeys[0] ?? '' })
    await eventually(() => sees(1), 'the old one is retired')
    // It signs with the new one, also after a start.
    await two.end()
    await two.start({ peers: [one.address] })
    await eventually(async () => {
      const { teams } = await two.call('devices.add-key', {})
      return teams.every(({ code }) => code === null)
    }, 'announced again')
    await agreed([one, two])
    expect((await keysOf(one, 'two')).signingKeys).toContain(added.signingKey)
    expect((await keysOf(one, 'two')).signingKeys).not.toContain(before.signingKeys[0])
  })

  it('keys rotate by themselves where the settings say so: announced, overlapping, retired', async () => {
    const [one, two] = await herd('one', 'two')
    if (one === undefined || two === undefined) throw new Error('two were asked for')
    const [first] = (await keysOf(one, 'two')).signingKeys
    await two.call('settings.set', { scope: 'security/keys/rotationInterval', value: 4 })
    await eventually(async () => !(await keysOf(one, 'two')).signingKeys.includes(first ?? ''), 'rotated', 60_000)
    expect((await keysOf(one, 'two')).signingKeys.length).toBeGreaterThan(0)
    await two.call('settings.set', { scope: 'security/keys/rotationInterval', value: 0 })
  })

  it('the owner retires a stolen key of another device: it is out at once, and the epoch rotates', async () => {
    const [one, two] = await herd('one', 'two')
    if (one === undefined || two === undefined) throw new Error('two were asked for')
    const first = (await one.call('teams.rotate-key', {})).epoch
    const stolen = (await keysOf(one, 'two')).encryptionKeys[0] ?? ''
    await two.call('devices.add-key', {})
    await eventually(async () => (await keysOf(one, 'two')).encryptionKeys.length === 2, 'new beside old')
    await one.call('devices.retire-key', { device: 'two', key: stolen, compromised: true })
    const second = await sealing(one)
    expect(second).not.toBe(first)
    await eventually(async () => (await sealing(two)) === second, 'two opens it with its new key')
    expect((await keysOf(one, 'two')).encryptionKeys).not.toContain(stolen)
    // The thief may have it from elsewhere: the other teams of the device are its operator's matter.
    const warned = async (): Promise<boolean> =>
      (await two.call('status.get', {})).warnings.some((line) => line.includes(`retire-key ${stolen.slice(0, 16)}`))
    await eventually(warned, 'two is told')
    await two.call('devices.retire-key', { key: stolen, compromised: true })
    expect(await warned()).toBe(false)
  })
})
