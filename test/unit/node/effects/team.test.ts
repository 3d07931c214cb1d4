import { beforeAll, describe, expect, it, vi } from 'vitest'
import { fail, limits, silentLog } from '../../../../src/base/index.ts'
import { parseId, toHex } from '../../../../src/codec/index.ts'
import { openKeys, systemRandom, type Keys } from '../../../../src/keys/index.ts'
import { createTeams, type Teams } from '../../../../src/node/effects/team.ts'
import { memoryStore, type Store } from '../../../../src/store/index.ts'
import type { OwnKeys } from '../../../../src/node/own-keys.ts'
import { emptyState, swarmView } from '../../../../src/team/index.ts'
import { memoryOwnKeys } from '../../../helpers/key-ring.ts'
import { expectCode, expectCodeLater } from '../../../helpers/expect-code.ts'

interface Machine {
  readonly own: OwnKeys
  readonly disk: Map<string, Uint8Array>
  readonly cuts: string[]
}

let keys: Keys
beforeAll(async () => {
  keys = await openKeys()
})

function createMachine(): Machine {
  return { own: memoryOwnKeys(), disk: new Map(), cuts: [] }
}

type Emit = (topic: 'team', event: string, data: Record<string, unknown>) => void

function start(
  { own, disk, cuts }: Machine,
  store: Store = memoryStore(disk),
  emit: Emit = () => undefined,
): Promise<Teams> {
  return createTeams({
    keys,
    own,
    store,
    clock: { now: () => 1_800_000_000_000 },
    random: systemRandom,
    log: silentLog,
    events: { emit, isWatched: () => true },
    cut: (peers) => {
      cuts.push(...peers)
      return { peers, ms: 0 }
    },
  })
}

async function add(teams: Teams, machine: Machine, name: string): Promise<void> {
  const other = await start(machine)
  const { bundle } = other.device
  other.stop()
  expect(await teams.author(undefined, { kind: 'AddDevice', bundle, name })).toHaveProperty('command')
}

describe('the teams of a node', () => {
  it('start from an index that was written a command at a time, and make it one page', async () => {
    const machine = createMachine()
    const teams = await start(machine)
    await teams.createTeam('herd', 'one')
    const count = limits.indexPagesSpareMax + 5
    for (let n = 0; n < count; n++)
      expect(await teams.author(undefined, { kind: 'CreateLabel', label: `label-${n}` })).toHaveProperty('command')
    const before = teams.view()
    teams.stop()
    const pages = (): number => [...machine.disk.keys()].filter((key) => key.includes('/i/')).length
    expect(pages()).toBe(count + 1)
    for (let n = 0; n < 2; n++) {
      const again = await start(machine)
      expect(again.view()).toEqual({ ...before, heard: again.view().heard })
      expect(again.replica().isRestored).toBe(true)
      again.stop()
      expect(pages()).toBe(1)
    }
  })

  it('are there again after a restart, with their sync peers and the same state', async () => {
    const machine = createMachine()
    const teams = await start(machine)
    const { id } = await teams.createTeam('herd', 'one')
    await add(teams, createMachine(), 'two')
    expect(await teams.syncPeers.add('192.0.2.7', id, 30)).toEqual({ team: id, added: true })
    expect(await teams.syncPeers.add('/ip4/192.0.2.7/tcp/4001', id)).toEqual({ team: id, added: false })
    const before = teams.view()
    teams.stop()
    const again = await start(machine)
    expect(again.view()).toEqual({ ...before, heard: false })
    expect(again.syncPeers.list()).toMatchObject([{ address: '/ip4/192.0.2.7/tcp/4001', rateSeconds: 30 }])
    expect(await again.syncPeers.remove('192.0.2.7:4001', undefined)).toEqual({ team: id, removed: true })
    expect(await again.syncPeers.remove('192.0.2.7', undefined)).toEqual({ team: id, removed: false })
    // It may be an old copy of this device, and there is another member.
    const close = { kind: 'CloseTeam' } as const
    expect(await again.author(undefined, close)).toMatchObject({ code: 'ERR_TEAM_NOT_SYNCED' })
    expect(await again.author(undefined, close, { force: true })).toHaveProperty('command')
    again.stop()
  })

  it('read an epoch again after a restart by their own box alone, where the others had to go', async () => {
    const machine = createMachine()
    const teams = await start(machine)
    const { id } = await teams.createTeam('herd', 'one')
    expect(await teams.rotateKey(undefined)).toHaveProperty('command')
    const [epoch] = teams.replica().state.epochs
    const hash = epoch?.boxesHash ?? new Uint8Array()
    teams.stop()
    const commands = memoryStore(machine.disk).team(parseId('team', id))
    await commands.dropBoxes(hash, await commands.boxes(hash))
    const again = await start(machine)
    await vi.waitUntil(() => again.epochs().epochs[0]?.readable, 5_000)
    expect(await again.sealingKey()).toHaveProperty('secret')
    again.stop()
    await commands.dropBoxes(hash, new Uint8Array(80))
    const without = await start(machine)
    expect(await without.sealingKey()).not.toMatchObject({ epoch: epoch?.id })
  })

  it('tell who watches what becomes of each command', async () => {
    const seen: [string, Record<string, unknown>][] = []
    const teams = await start(createMachine(), undefined, (_, event, data) => {
      if (event.startsWith('command ')) seen.push([event, data])
    })
    const { id } = await teams.createTeam('herd', 'one')
    await add(teams, createMachine(), 'two')
    const author = teams.device.id
    expect(seen).toEqual([
      ['command applied', { team: id, id: expect.stringMatching(/^cmd_b/) as string, kind: 'AddDevice', author }],
    ])
    teams.stop()
  })

  it('are named by id, unique prefix or name', async () => {
    const teams = await start(createMachine())
    expectCode('ERR_TEAM_UNKNOWN_TEAM', () => teams.view())
    const one = await teams.createTeam('herd', 'one')
    expect(teams.view().id).toBe(one.id)
    await teams.createTeam('flock', 'one')
    expectCode('ERR_TEAM_AMBIGUOUS', () => teams.view())
    for (const text of [one.id, one.id.slice(0, 20), 'herd']) expect(teams.view(text).id).toBe(one.id)
    expectCode('ERR_TEAM_UNKNOWN_TEAM', () => teams.view('pack'))
    await expectCodeLater('ERR_TEAM_BAD_PAYLOAD', teams.createTeam('a\u0007b', 'one'))
    teams.stop()
  })

  it('AddTeam and RemoveTeam: nothing on the graph, and a member is asked twice', async () => {
    const [one, two] = [createMachine(), createMachine()]
    const teams = await start(one)
    const { id } = await teams.createTeam('herd', 'one')
    const other = await start(two)
    expect(await other.addTeam(id)).toEqual({ team: id, added: true })
    expect(await other.addTeam(id)).toEqual({ team: id, added: false })
    expect(other.view()).toMatchObject({ synced: false, name: '', count: 0 })
    expect(await other.author(id, { kind: 'CloseTeam' })).toMatchObject({ code: 'ERR_TEAM_NOT_SYNCED' })
    expect(await other.removeTeam(id, false)).toEqual({ team: id, removed: true })
    expect(other.list()).toEqual([])
    await expectCodeLater('ERR_INVALID_NODE_STATE', teams.removeTeam(id, false))
    await teams.removeTeam(id, true)
    expect([...one.disk.keys()].filter((key) => key.startsWith('t/'))).toEqual([])
    await expectCodeLater('ERR_CODEC_TEXT', other.addTeam('herd'))
    teams.stop()
    other.stop()
  })

  it('a removed device’s connections are cut before its removal is acknowledged; the gate hears of it', async () => {
    const [machine, other] = [createMachine(), createMachine()]
    const teams = await start(machine)
    const { id } = await teams.createTeam('herd', 'one')
    await add(teams, other, 'two')
    const { device } = teams.resolveDevice(undefined, other.own.identity.peer)
    const removed = await teams.author(undefined, { kind: 'RemoveDevice', device })
    expect(removed).toMatchObject({ cut: { peers: [other.own.identity.peer] } })
    expect(machine.cuts).toEqual([other.own.identity.peer])
    const removedPeers = () => [...swarmView(teams.replicaOf(parseId('team', id))?.state ?? emptyState).removed]
    expect(removedPeers()).toEqual([other.own.identity.peer])
    await add(teams, other, 'two again')
    expect(removedPeers()).toEqual([])
    teams.stop()
  })

  it('R4: a damaged record is dropped, said, and gone from the disk', async () => {
    const machine = createMachine()
    const teams = await start(machine)
    const { id } = await teams.createTeam('herd', 'one')
    await add(teams, createMachine(), 'two')
    const [head] = teams.view().heads
    teams.stop()
    const key = `t/${toHex(parseId('team', id))}/c/${toHex(parseId('cmd', head!))}`
    machine.disk.get(key)![100]! ^= 1
    const again = await start(machine)
    expect(again.view().count).toBe(1)
    const { message } = fail('ERR_STORE_DAMAGED', { id: head!, descendants: 0 })
    expect(again.warnings()).toEqual([`Team "herd": ${message}`])
    expect(machine.disk.has(key)).toBe(false)
    again.stop()
  })

  it('R3: where the disk is full nothing is acknowledged; and it goes on when there is room', async () => {
    const machine = createMachine()
    const whole = memoryStore(machine.disk)
    let isFull = false
    const store: Store = {
      ...whole,
      team(team) {
        const commands = whole.team(team)
        return {
          load: () => commands.load(),
          read: (id) => commands.read(id),
          append: (records, page) =>
            isFull ? Promise.reject(fail('ERR_STORE_WRITE', { what: 'full' })) : commands.append(records, page),
          reindex: (pages, isSameOrder) =>
            isFull ? Promise.reject(fail('ERR_STORE_WRITE', { what: 'full' })) : commands.reindex(pages, isSameOrder),
          keepCheckpoint: (checkpoint, gone) => commands.keepCheckpoint(checkpoint, gone),
          park: (parked, bytes) => commands.park(parked, bytes),
          unpark: (ids) => commands.unpark(ids),
          keepBoxes: (hash, bytes) => commands.keepBoxes(hash, bytes),
          boxes: (hash) => commands.boxes(hash),
          dropBoxes: (hash, box) => commands.dropBoxes(hash, box),
          keepOwnBox: (hash, box) => commands.keepOwnBox(hash, box),
          ownBox: (hash) => commands.ownBox(hash),
          boxesHeld: () => commands.boxesHeld(),
          drop: (ids) => commands.drop(ids),
          clear: () => commands.clear(),
        }
      },
    }
    const teams = await start(machine, store)
    await teams.createTeam('herd', 'one')
    isFull = true
    const { bundle } = (await start(createMachine())).device
    const intent = { kind: 'AddDevice', bundle, name: 'two' } as const
    expect(await teams.author(undefined, intent)).toMatchObject({ code: 'ERR_STORE_WRITE' })
    expect(teams.warnings()).toEqual([expect.stringContaining('cannot be written') as string])
    isFull = false
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    expect(teams.warnings()).toEqual([])
    expect(teams.view()).toMatchObject({ synced: true, count: 1 })
    expect(await teams.author(undefined, intent)).toHaveProperty('command')
    teams.stop()
    // A start that cannot write the index anew is a slower start, not none.
    for (const key of [...machine.disk.keys()]) if (key.includes('/i/')) machine.disk.delete(key)
    isFull = true
    const again = await start(machine, store)
    expect(again.view()).toMatchObject({ synced: true, count: 2 })
    again.stop()
  })
})
