import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { sealRecord } from '../../../src/store/record.ts'
import { pack, unpack } from '../../../src/team/packed.ts'
import { stateHash, type Command, type KeptCheckpoint } from '../../../src/team/index.ts'
import { checkpointInterval, Resident, sightOf } from '../../helpers/resident.ts'
import { Scribe } from '../../helpers/team-scribe.ts'
import { Chance } from '../../sim/chance.ts'
import { commandOf } from '../../sim/ledger.ts'
import { Life } from '../../sim/lives.ts'

function lifeOf(seed: number): Life {
  const shape = { devices: 3 + (seed % 5), commands: 40, evil: 0.1, sync: 0.2 + 0.1 * (seed % 4) }
  return new Life({ seed, ...shape }).run()
}

/** Commands in lots, in an order in which parents come first and branches are late. */
function lotsOf(life: Life, chance: Chance): Command[][] {
  let left = life.ledger.bytes.map(commandOf)
  const placed = new Set<string>()
  const lots: Command[][] = []
  while (left.length > 0) {
    const ready = left.filter(({ parentHexes }) => parentHexes.every((parent) => placed.has(parent)))
    const lot = ready.slice(0, 1 + chance.below(3)).sort(() => chance.below(3) - 1)
    // Now and then the newest goes first: its branch runs ahead.
    const some = chance.is(0.5) ? lot : [ready.at(-1) as Command]
    for (const { idHex } of some) placed.add(idHex)
    left = left.filter(({ idHex }) => !placed.has(idHex))
    lots.push(some)
  }
  return lots
}

describe('I13: a start from checkpoint and index', () => {
  const seeds = Array.from({ length: 30 }, (_, n) => n + 1)

  it.each(seeds)('seed %i: at random moments; it sees and goes on as one that never stopped', async (seed) => {
    const chance = new Chance(seed)
    const life = lifeOf(seed)
    const [lasting, restarted] = [await Resident.start(life.ledger.team), await Resident.start(life.ledger.team)]
    let restores = 0
    for (const lot of lotsOf(life, chance)) {
      for (const resident of [lasting, restarted]) await resident.take(lot)
      expect(toHex(restarted.replica.stateHash())).toBe(toHex(lasting.replica.stateHash()))
      if (!chance.is(0.4)) continue
      await restarted.restart()
      expect(restarted.replica.isRestored).toBe(true)
      restores++
      expect(sightOf(restarted)).toEqual(sightOf(lasting))
    }
    expect(restores).toBeGreaterThan(0)
    expect(toHex(restarted.replica.stateHash())).toBe(toHex(stateHash(life.ledger.state)))
    // And as one that reads and judges every command again.
    for (const key of [...restarted.keys('i'), ...restarted.keys('k')]) restarted.entries.delete(key)
    await restarted.restart()
    expect(restarted.replica.isRestored).toBe(false)
    expect(sightOf(restarted)).toEqual(sightOf(lasting))
  })

  it('keeps few checkpoints, and none that a late branch lies beside', async () => {
    let [kept, gone] = [0, 0]
    for (const seed of seeds.slice(0, 8)) {
      const life = lifeOf(seed)
      const resident = await Resident.start(life.ledger.team)
      for (const lot of lotsOf(life, new Chance(seed))) {
        const before = resident.keys('k')
        await resident.take(lot)
        gone += before.filter((key) => !resident.entries.has(key)).length
        const { graph } = resident.replica
        for (const key of resident.keys('k')) {
          const cut = graph.node(parseInt(key.slice(-12), 16))
          for (const node of graph.nodes)
            expect(node === cut || graph.isBefore(node, cut) || graph.isBefore(cut, node)).toBe(true)
        }
      }
      kept += resident.keys('k').length
    }
    expect(kept).toBeGreaterThan(8)
    expect(gone).toBeGreaterThan(0)
  })
})

it('where the state is large, more commands lie between two checkpoints', async () => {
  const scribe = new Scribe(await openKeys())
  scribe.found('O')
  for (let n = 0; n < 110; n++) scribe.add('O', `U${n}`)
  const resident = await Resident.start(scribe.team)
  const { keepCheckpoint } = resident.store
  const written: KeptCheckpoint[] = []
  resident.store.keepCheckpoint = (checkpoint, gone) => {
    if (checkpoint !== undefined) written.push(checkpoint)
    return keepCheckpoint.call(resident.store, checkpoint, gone)
  }
  for (const command of scribe.commands) await resident.take([command])
  const sizes = written.map(({ bytes }) => bytes.length)
  const distances = written.map(({ index }, n) => index - (written[n - 1]?.index ?? -1))
  for (const [n, distance] of distances.slice(1).entries())
    expect(distance).toBe(Math.ceil(checkpointInterval * Math.max(1, (sizes[n] ?? 0) / 16_384)))
  expect(distances[0]).toBe(checkpointInterval)
  expect(distances.at(-1)).toBeGreaterThan(checkpointInterval)
})

describe('what stands on the disk beside the commands', () => {
  let life: Life
  let whole: Resident
  beforeAll(async () => {
    life = new Life({ seed: 5, devices: 4, commands: 60, evil: 0.02, sync: 1 }).run()
    whole = await Resident.start(life.ledger.team)
    for (const bytes of life.ledger.bytes) await whole.take([commandOf(bytes)])
    expect(whole.keys('k').length).toBeGreaterThan(1)
  })

  async function copy(change: (entries: Map<string, Uint8Array>) => void): Promise<Resident> {
    const entries = new Map(whole.entries)
    change(entries)
    return Resident.start(whole.team, entries)
  }

  function flipped(bytes: Uint8Array | undefined, at: number): Uint8Array {
    return (bytes ?? new Uint8Array()).map((byte, i) => (i === at ? byte ^ 1 : byte))
  }

  it('a checkpoint with any bit turned, or gone, is not served; nothing else changes', async () => {
    for (const key of whole.keys('k')) {
      const length = whole.entries.get(key)?.length ?? 0
      for (const at of [0, 3, 7, length >> 1, length - 1]) {
        const resident = await copy((entries) => entries.set(key, flipped(entries.get(key), at)))
        expect(resident.replica.isRestored).toBe(true)
        expect(sightOf(resident)).toEqual(sightOf(whole))
      }
      const without = await copy((entries) => entries.delete(key))
      expect(sightOf(without)).toEqual(sightOf(whole))
    }
  })

  it('a checkpoint whose state has not its hash, or that is of another command or version, is not served', async () => {
    const key = whole.keys('k').at(-1) ?? ''
    const stored = unpack((whole.entries.get(key) as Uint8Array).subarray(5)) as {
      cut: { state: { name: string } }
      idHex: string
      version: number
    }
    const forged = [
      { ...stored, cut: { ...stored.cut, state: { ...stored.cut.state, name: 'another' } } },
      { ...stored, idHex: toHex(whole.team) },
      { ...stored, version: stored.version + 1 },
    ]
    for (const one of forged) {
      const resident = await copy((entries) => entries.set(key, sealRecord(pack(one))))
      expect(resident.replica.state.name).toBe(whole.replica.state.name)
      expect(sightOf(resident)).toEqual(sightOf(whole))
    }
    // The same bytes, packed again, are served: it was the change that counted.
    const same = await copy((entries) => entries.set(key, sealRecord(pack(stored))))
    expect(sightOf(same)).toEqual(sightOf(whole))
  })

  it('an index with any bit turned, or a page missing, is made anew, and holds at the next start', async () => {
    for (const key of whole.keys('i').filter((_, n) => n % 4 === 0)) {
      const length = whole.entries.get(key)?.length ?? 0
      for (const at of [0, 2, length >> 1, length - 1]) {
        const resident = await copy((entries) => entries.set(key, flipped(entries.get(key), at)))
        expect(resident.replica.isRestored).toBe(false)
        expect(sightOf(resident)).toEqual(sightOf(whole))
        await resident.restart()
        expect(resident.replica.isRestored).toBe(true)
        expect(sightOf(resident)).toEqual(sightOf(whole))
      }
    }
    const without = await copy((entries) => entries.delete(whole.keys('i')[2] ?? ''))
    expect(without.replica.isRestored).toBe(false)
    expect(sightOf(without)).toEqual(sightOf(whole))
  })

  it('a page that is whole and not of these commands is not served', async () => {
    const [first = '', second = ''] = whole.keys('i')
    const swapped = await copy((entries) => {
      entries.set(first, whole.entries.get(second) as Uint8Array)
      entries.set(second, whole.entries.get(first) as Uint8Array)
    })
    expect(swapped.replica.isRestored).toBe(false)
    expect(sightOf(swapped)).toEqual(sightOf(whole))
  })

  it('a damaged command is dropped with its descendants, and comes again', async () => {
    const node = whole.replica.graph.node(whole.replica.graph.size >> 1)
    const key = `t/${toHex(whole.team)}/c/${node.command.idHex}`
    const resident = await copy((entries) => entries.set(key, flipped(entries.get(key), 60)))
    const { graph } = resident.replica
    expect(resident.replica.isRestored).toBe(false)
    expect(graph.has(node.command.idHex)).toBe(false)
    expect(graph.nodes.every((one) => one.parents.every((parent) => graph.has(parent.command.idHex)))).toBe(true)
    const lost = whole.replica.graph.nodes.filter(({ command }) => !graph.has(command.idHex))
    expect(lost.every((one) => one === node || whole.replica.graph.isBefore(node, one))).toBe(true)
    await resident.take(lost.map(({ command }) => commandOf(command.bytes)))
    expect(toHex(resident.replica.stateHash())).toBe(toHex(whole.replica.stateHash()))
    await resident.restart()
    expect(resident.replica.isRestored).toBe(true)
    expect(toHex(resident.replica.stateHash())).toBe(toHex(whole.replica.stateHash()))
  })

  it('I16: a crash at any write point reopens to what was acknowledged, and to its state', async () => {
    const resident = await Resident.start(whole.team)
    const { append, keepCheckpoint } = resident.store
    /** The disk after each write. */
    const disks: Map<string, Uint8Array>[] = []
    const note = async (written: Promise<void>): Promise<void> => {
      await written
      disks.push(new Map(resident.entries))
    }
    resident.store.append = (...words) => note(append.apply(resident.store, words))
    resident.store.keepCheckpoint = (...words) => note(keepCheckpoint.apply(resident.store, words))
    for (const lot of lotsOf(life, new Chance(9))) await resident.take(lot)
    for (const [n, disk] of disks.entries()) {
      const reopened = await Resident.start(whole.team, new Map(disk))
      expect(reopened.replica.isRestored).toBe(true)
      const replayed = new Map([...disk].filter(([key]) => !/\/[ik]\//.test(key)))
      expect(sightOf(reopened)).toEqual(sightOf(await Resident.start(whole.team, replayed)))
      expect(reopened.replica.graph.size).toBeGreaterThanOrEqual(n === 0 ? 1 : 2)
    }
    expect(disks.length).toBeGreaterThan(20)
  })
})

describe('a damaged table of LevelDB', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hyrax-restart-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('costs what lay on the page; what is left has the state of a full replay, and the rest comes again', async () => {
    const life = new Life({ seed: 11, devices: 4, commands: 80, evil: 0.02, sync: 1 }).run()
    const commands = life.ledger.bytes.map(commandOf)
    const path = join(directory, 'whole')
    const whole = await Resident.start(life.ledger.team, path)
    for (const command of commands) await whole.take([command])
    // What lies in the log goes into a table when it is opened.
    await whole.restart()
    await whole.stop()
    const chance = new Chance(3)
    let [served, lost] = [0, 0]
    for (let round = 0; round < 24; round++) {
      const copy = join(directory, `copy-${round}`)
      await cp(path, copy, { recursive: true })
      const tables = (await readdir(copy)).filter((name) => name.endsWith('.ldb'))
      const table = join(copy, chance.pick(tables))
      const bytes = await readFile(table)
      const at = chance.below(bytes.length)
      await writeFile(
        table,
        chance.is(0.5) ? bytes.fill(0, at, at + 512) : bytes.fill((bytes[at] ?? 0) ^ 4, at, at + 1),
      )
      const resident = await Resident.start(life.ledger.team, copy)
      const { graph, isRestored } = resident.replica
      if (isRestored) served++
      if (graph.size < commands.length) lost++
      const replayed = await Resident.start(life.ledger.team)
      for (const { command } of graph.nodes) await replayed.take([commandOf(command.bytes)])
      expect(sightOf(resident)).toEqual(sightOf(replayed))
      await resident.take(commands)
      expect(toHex(resident.replica.stateHash())).toBe(toHex(whole.replica.stateHash()))
      await resident.restart()
      expect(toHex(resident.replica.stateHash())).toBe(toHex(whole.replica.stateHash()))
      expect(resident.replica.graph.size).toBe(commands.length)
      await resident.stop()
    }
    expect(served).toBeGreaterThan(0)
    expect(lost).toBeGreaterThan(0)
  }, 60_000)
})
