import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryStore, openStore, type Store } from '../../src/store/index.ts'
import type { CommandStore } from '../../src/team/index.ts'
import { expectCodeLater } from '../helpers/expect-code.ts'

const team = new Uint8Array(32).fill(1)
const other = new Uint8Array(32).fill(2)

/** A command as the store sees it: an id and bytes. */
function record(n: number): { id: Uint8Array; bytes: Uint8Array } {
  return { id: new Uint8Array(32).fill(n), bytes: Uint8Array.of(n, n, n) }
}

/** The first byte of each command that is kept. */
async function idsOf(commands: CommandStore): Promise<(number | undefined)[]> {
  return [...(await commands.load()).commands].map(({ id }) => id[0])
}

interface Disk {
  open(): Promise<Store>
  remove(): Promise<void>
}

async function levelDisk(): Promise<Disk> {
  const directory = await mkdtemp(join(tmpdir(), 'hyrax-store-'))
  return { open: () => openStore(directory), remove: () => rm(directory, { recursive: true }) }
}

function memoryDisk(): Promise<Disk> {
  const entries = new Map<string, Uint8Array>()
  return Promise.resolve({ open: () => Promise.resolve(memoryStore(entries)), remove: () => Promise.resolve() })
}

describe.each([
  ['LevelDB', levelDisk],
  ['memory', memoryDisk],
])('a store in %s', (_, createDisk) => {
  let disk: Disk
  let store: Store
  beforeEach(async () => {
    disk = await createDisk()
    store = await disk.open()
  })
  afterEach(async () => {
    await store.close()
    await disk.remove()
  })

  async function reopen(): Promise<void> {
    await store.close()
    store = await disk.open()
  }

  it('keeps epoch boxes by their hash, beside the commands of their team alone', async () => {
    const [hash, boxes] = [new Uint8Array(32).fill(7), new Uint8Array(160).fill(8)]
    const commands = store.team(team)
    await commands.load()
    await Promise.all([commands.keepBoxes(hash, boxes), commands.append([record(1)])])
    await reopen()
    expect(await store.team(team).boxesHeld()).toEqual(['07'.repeat(32)])
    expect(await store.team(team).boxes(hash)).toEqual(boxes)
    expect(await store.team(team).boxes(new Uint8Array(32))).toBeUndefined()
    expect(await store.team(other).boxesHeld()).toEqual([])
    // What had to go leaves one box, if any.
    const [second, own] = [new Uint8Array(32).fill(9), boxes.subarray(80)]
    await store.team(team).keepBoxes(second, boxes)
    await store.team(team).dropBoxes(second, own)
    expect([await store.team(team).boxes(second), await store.team(team).ownBox(second)]).toEqual([undefined, own])
    await store.team(team).keepBoxes(second, boxes)
    await store.team(team).dropBoxes(second, undefined)
    expect(await store.team(team).boxesHeld()).toEqual(['07'.repeat(32)])
    expect([await store.team(team).ownBox(hash), await store.team(other).ownBox(second)]).toEqual([
      undefined,
      undefined,
    ])
    expect(await idsOf(store.team(team))).toHaveLength(1)
    await store.team(team).clear()
    expect(await store.team(team).boxesHeld()).toEqual([])
  })

  it('gives back what it acknowledged, in order, with its verified bit, after it was closed', async () => {
    const commands = store.team(team)
    expect(await commands.load()).toMatchObject({ parked: [], damaged: [] })
    expect(await idsOf(commands)).toEqual([])
    await Promise.all([commands.append([record(9), record(3)]), commands.append([record(7)])])
    await commands.append([record(1)])
    await reopen()
    const kept = [...(await store.team(team).load()).commands]
    expect(kept.map(({ id }) => id[0])).toEqual([9, 3, 7, 1])
    expect(kept[1]).toEqual({ ...record(3), isVerified: true })
  })

  it('goes on where it stopped', async () => {
    await store.team(team).load()
    await store.team(team).append([record(1), record(2)])
    await reopen()
    await store.team(team).load()
    await store.team(team).append([record(3)])
    expect(await idsOf(store.team(team))).toEqual([1, 2, 3])
  })

  it('keeps teams apart, and forgets one alone', async () => {
    for (const [id, n] of [
      [team, 1],
      [other, 2],
    ] as const) {
      await store.team(id).load()
      await store.team(id).append([record(n)])
    }
    await store.team(team).clear()
    expect(await idsOf(store.team(team))).toEqual([])
    expect(await idsOf(store.team(other))).toHaveLength(1)
  })

  it('drops what was damaged, and parks what is too new', async () => {
    const commands = store.team(team)
    await commands.load()
    await commands.append([record(1), record(2), record(3)])
    await commands.park(record(8).id, record(8).bytes)
    await commands.drop([record(2).id])
    await reopen()
    const kept = await store.team(team).load()
    expect([...kept.commands].map(({ id }) => id[0])).toEqual([1, 3])
    expect(kept.parked).toEqual([record(8).bytes])
    await store.team(team).append([record(8)])
    expect((await store.team(team).load()).parked).toEqual([])
  })

  it('keeps pages of the index with the commands, and checkpoints by their index', async () => {
    const commands = store.team(team)
    await commands.load()
    await commands.append([record(1), record(2)], Uint8Array.of(12))
    await commands.append([record(3)], Uint8Array.of(3))
    await commands.keepCheckpoint({ index: 1, bytes: Uint8Array.of(41) }, [])
    await commands.keepCheckpoint({ index: 2, bytes: Uint8Array.of(42) }, [0])
    await reopen()
    const { index } = await store.team(team).load()
    expect(index?.pages).toEqual([Uint8Array.of(12), Uint8Array.of(3)])
    expect(index?.commands.size).toBe(3)
    expect(index?.checkpoints).toEqual([1, 2].map((at) => ({ index: at, bytes: Uint8Array.of(40 + at) })))
    await store.team(team).keepCheckpoint(undefined, [1])
    expect((await store.team(team).load()).index?.checkpoints.map(({ index: at }) => at)).toEqual([2])
    // One without a page: the whole index is to be made anew.
    await store.team(team).append([record(4)])
    expect((await store.team(team).load()).index).toBeUndefined()
    const ids = Uint8Array.from([1, 2, 3, 4].flatMap((n) => [...record(n).id]))
    await store.team(team).reindex([{ ids, page: Uint8Array.of(1234) }], true)
    await store.team(team).append([record(5)], Uint8Array.of(5))
    await reopen()
    expect(await idsOf(store.team(team))).toEqual([1, 2, 3, 4, 5])
    expect((await store.team(team).load()).index).toMatchObject({ checkpoints: [{ index: 2 }] })
    await store.team(team).reindex([{ ids: ids.subarray(0, 64), page: Uint8Array.of(12) }])
    expect((await store.team(team).load()).index).toMatchObject({ pages: [Uint8Array.of(12)], checkpoints: [] })
    await store.team(team).clear()
    expect((await store.team(team).load()).index).toBeUndefined()
  })

  it('forgets checkpoints when a command is dropped: others have their indexes then', async () => {
    const commands = store.team(team)
    await commands.load()
    await commands.append([record(1), record(2)], Uint8Array.of(12))
    await commands.keepCheckpoint({ index: 1, bytes: Uint8Array.of(41) }, [])
    await commands.drop([record(2).id])
    expect((await commands.load()).index?.checkpoints).toEqual([])
  })

  it('keeps small records by name', async () => {
    await store.meta.put('sync/b', Uint8Array.of(2))
    await store.meta.put('sync/a', Uint8Array.of(1))
    await store.meta.put('team/x', Uint8Array.of(3))
    await store.meta.del('sync/b')
    await reopen()
    expect(await store.meta.get('sync/a')).toEqual(Uint8Array.of(1))
    expect(await store.meta.get('sync/b')).toBeUndefined()
    expect(await store.meta.list('sync/')).toEqual([['sync/a', Uint8Array.of(1)]])
  })
})

describe('a store on disk', () => {
  it('sec/R13: has one process at a time: ERR_NODE_LOCKED', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hyrax-store-'))
    const store = await openStore(directory)
    await expectCodeLater('ERR_NODE_LOCKED', openStore(directory))
    await store.close()
    await (await openStore(directory)).close()
    await rm(directory, { recursive: true })
  })

  it('that was closed, or cannot be written, says so: ERR_STORE_WRITE', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hyrax-store-'))
    const store = await openStore(directory)
    await store.team(team).load()
    await store.close()
    await expectCodeLater('ERR_STORE_WRITE', store.team(team).append([record(1)]))
    await rm(directory, { recursive: true })
  })

  it('lets who runs as root give its files to the owner of the directory, after each write', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hyrax-store-'))
    let writes = 0
    const afterWrite = (): Promise<void> => {
      writes++
      return Promise.resolve()
    }
    const store = await openStore(directory, { afterWrite })
    await store.meta.put('x', Uint8Array.of(1))
    await store.close()
    expect(writes).toBe(3)
    await rm(directory, { recursive: true })
  })
})
