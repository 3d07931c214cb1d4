import { execFile } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseId } from '../../src/codec/index.ts'
import { openStore } from '../../src/store/index.ts'
import { storedId } from '../../src/team/command.ts'
import { author, createDevice, formatKeyBundle, parseKeyBundle, type KeyBundle } from '../../src/team/index.ts'
import { agreed, createDaemonCast, foundTeam, isBuilt, meshed, type Daemon, type DaemonCast } from '../helpers/daemons.ts' // prettier-ignore

const run = promisify(execFile)
const ax = path.resolve(import.meta.dirname, '../../bin/ax.cjs')

describe.skipIf(!isBuilt)('ax teams log --why, of commands that were signed apart', { timeout: 180_000 }, () => {
  let cast: DaemonCast
  beforeEach(() => {
    cast = createDaemonCast()
  })
  afterEach(() => cast.stopAll())

  /** What `ax` prints of the last commands. */
  const told = async (daemon: Daemon): Promise<string> => {
    const env = { PATH: process.env['PATH'], HOME: daemon.directory, AX_DATA_DIR: daemon.directory, NO_COLOR: '1' }
    const { stdout } = await run(process.execPath, [ax, 'teams', 'log', '--why'], { env })
    return stdout
  }

  it('void, recalled and lost in a fork each have their sentence on every node; parked ones wait in the status', async () => {
    const one = await cast.start('one')
    const two = await cast.start('two', { peers: [one.address] })
    await meshed([one, two])
    const team = await foundTeam([one, two])
    await one.call('roles.assign', { device: 'two', role: 'owner' })
    const late = createDevice({ seed: 'late' })
    const bundle = formatKeyBundle('text', parseKeyBundle(late.bundle) as KeyBundle)
    await one.call('devices.add', { bundle, name: 'late', role: 'user' })
    await agreed([one, two])
    await Promise.all([one.end(), two.end()])
    const backup = path.join(cast.directory, 'backup')
    cpSync(one.directory, backup, { recursive: true })

    // Two sides that do not hear each other.
    await one.start()
    const removal = await one.call('labels.create', { label: 'same', force: true })
    await one.call('roles.assign', { device: 'late', role: 'operator', force: true })
    await one.end()
    await two.start()
    const out = await two.call('devices.remove', { device: 'late', force: true })
    await two.call('labels.create', { label: 'same', force: true })
    await one.start({ peers: [two.address] })
    await meshed([one, two])
    await agreed([one, two])
    for (const node of [one, two]) {
      const text = await told(node)
      expect(text).toContain(`had not seen ${out.command} (two: removed late)`)
      expect(text).toContain('what late did, or was given, beside its removal does not count.')
      expect(text).toContain(
        `had not seen ${removal.command} (one: made the label same), which goes first on all nodes`,
      )
    }

    // One is restored from the copy, and signs beside what it had signed.
    await two.call('labels.create', { label: 'seen' })
    await agreed([one, two])
    await Promise.all([one.end(), two.end()])
    rmSync(one.directory, { recursive: true })
    cpSync(backup, one.directory, { recursive: true })
    await one.start()
    const restored = await one.call('labels.create', { label: 'restored', force: true })
    await two.start({ peers: [one.address] })
    await meshed([one, two])
    await agreed([one, two])
    for (const node of [one, two]) {
      const { commands } = await node.call('teams.log', { team, last: 100 })
      expect(commands.find(({ command }) => command === restored.command)).toMatchObject({ verdict: 'void' })
      expect(await told(node)).toMatch(
        /signed it and cmd_\w+ \(one: .*\) beside each other; of two such commands one stands/,
      )
      const { warnings } = await node.call('status.get', {})
      expect(warnings.join('\n')).toMatch(/signed commands beside each other; 1 of them have no effect/)
    }
    expect(two.output).toContain('ERR_TEAM_FORKED')
    // What it does once more, knowing the other side, counts.
    const again = await one.call('labels.create', { label: 'restored' })
    await agreed([one, two])
    const { commands } = await two.call('teams.log', { team, last: 100 })
    expect(commands.find(({ command }) => command === again.command)).toMatchObject({ verdict: 'effective', why: null })

    // A command of a newer version, as one that was kept before a downgrade.
    await one.end()
    const store = await openStore(one.path('store'))
    const kept = store.team(parseId('team', team))
    const known = [...(await kept.load()).commands].map(({ bytes }) => bytes)
    const future = author(late, { known, kind: 'FoldTime', body: {} })
    await kept.park(storedId(future) as Uint8Array, future)
    await store.close()
    await one.start({ peers: [two.address] })
    const { warnings } = await one.call('status.get', {})
    expect(warnings.join('\n')).toContain('1 commands of a newer version wait for an upgrade of this node')
  })
})
