import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { fail, HyraxError } from '../base/index.ts'
import { afterPrefix, type Change, type KeyValue } from './key-value.ts'
import { damagedTables, soundEntries } from './table-check.ts'

export interface LevelOptions {
  /**
   * Called after the files were opened, written and closed, so that files made by root can be given to the owner of the
   * data directory; the store itself knows no owners.
   */
  readonly afterWrite?: () => Promise<void>
}

/** Entries read in one go, unless they are larger together than so many bytes. */
const readAtOnce = 1_000
const bytesAtOnce = 524_288

/**
 * Ordered keys in LevelDB. Its lock is the lock of the data directory: one process at a time, freed by the kernel after
 * kill -9. Fails with ERR_NODE_LOCKED where another process has it, else with ERR_IO.
 */
export async function openLevel(directory: string, options: LevelOptions = {}): Promise<KeyValue> {
  const afterWrite = options.afterWrite ?? (() => Promise.resolve())
  const { level, damaged } = await openSound(directory)
  try {
    await afterWrite()
  } catch (error) {
    throw openFailure(directory, error)
  }
  return {
    damaged,
    async get(key) {
      const value = await level.get(key)
      return value === undefined ? undefined : plain(value)
    },
    async *entries(prefix) {
      for await (const some of lotsOf(level, prefix)) for (const [key, value] of some) yield [key, plain(value)]
    },
    lots: (prefix) => lotsOf(level, prefix),
    async write(changes) {
      try {
        await level.writeAll(changes)
      } catch (error) {
        if (error instanceof HyraxError) throw error
        throw fail('ERR_STORE_WRITE', { what: causeText(error) }, { cause: error })
      }
      await afterWrite()
    },
    async close() {
      await level.close()
      await afterWrite()
    },
  }
}

async function* lotsOf(level: Level, prefix: string): AsyncGenerator<[string, Uint8Array][]> {
  const iterator = level.iterator({ gte: prefix, lt: afterPrefix(prefix), highWaterMarkBytes: bytesAtOnce })
  try {
    for (let some = await iterator.nextv(readAtOnce); some.length > 0; some = await iterator.nextv(readAtOnce))
      yield some
  } finally {
    await iterator.close()
  }
}

/**
 * LevelDB with one more way to write: the checks, copies and hooks of `batch` cost more than the write itself, for changes
 * whose keys are text and whose values are bytes by their type.
 */
class Level extends ClassicLevel<string, Uint8Array> {
  async writeAll(changes: readonly Change[]): Promise<void> {
    // The one check that matters here: LevelDB that is closed ends the process.
    if (this.status !== 'open') throw fail('ERR_STORE_WRITE', { what: 'the store is closed' })
    await this._batch(changes, { sync: true })
  }

  declare _batch: (changes: readonly Change[], options: { readonly sync: boolean }) => Promise<void>
}

/**
 * Opens LevelDB; where tables or the list of tables are damaged, without what they held. The damaged files are kept beside
 * it, as `<name>.damaged`: what they held is found missing by whoever reads, and fetched again.
 */
async function openSound(directory: string): Promise<{ level: Level; damaged: readonly string[] }> {
  const before = await readdir(directory).catch((): string[] => [])
  try {
    if (isHeadless(before)) return await openMended(directory, [])
    const level = await tryOpen(directory)
    // The lock is ours now, and tables that were there before do not change.
    const damaged = await damagedTables(directory, before)
    if (damaged.length === 0) return { level, damaged }
    await level.close()
    return await openMended(directory, damaged)
  } catch (error) {
    if (!hasCause(error, 'LEVEL_CORRUPTION')) throw openFailure(directory, error)
  }
  try {
    return await openMended(directory, await damagedTables(directory, before))
  } catch (error) {
    throw openFailure(directory, error)
  }
}

/** Sets damaged tables aside, has LevelDB list anew what is there, opens that, and puts back what their sound pages hold. */
async function openMended(directory: string, damaged: readonly string[]): Promise<{ level: Level; damaged: string[] }> {
  for (const name of damaged) await rename(join(directory, name), join(directory, `${name}.damaged`))
  await ClassicLevel.repair(directory)
  const level = await tryOpen(directory)
  for (const name of damaged) await salvage(level, await readFile(join(directory, `${name}.damaged`)))
  return { level, damaged: damaged.length > 0 ? [...damaged] : ['MANIFEST'] }
}

/** What is in the store is newer than, or the same as, what a table held. */
async function salvage(level: Level, table: Uint8Array): Promise<void> {
  const entries = [...soundEntries(table)]
  const here = await level.getMany(entries.map(([key]) => key))
  const lost = entries.filter((_, i) => here[i] === undefined)
  await level.batch(
    lost.map(([key, value]) => ({ type: 'put', key, value })),
    { sync: true },
  )
}

async function tryOpen(directory: string): Promise<Level> {
  // Ids, keys and signatures do not compress.
  const options = { keyEncoding: 'utf8', valueEncoding: 'view', compression: false } as const
  const level = new Level(directory, options)
  await level.open()
  return level
}

/** True where tables are there and the file that names their list is not: LevelDB would begin anew, and delete them. */
function isHeadless(names: readonly string[]): boolean {
  return !names.includes('CURRENT') && names.some((name) => /\.(ldb|sst|log)$/.test(name))
}

/** LevelDB hands out Buffers, whose `slice` shares memory where that of a Uint8Array copies. */
function plain(value: Uint8Array): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

function openFailure(directory: string, error: unknown): Error {
  if (hasCause(error, 'LEVEL_LOCKED')) return fail('ERR_NODE_LOCKED', { what: '', path: directory }, { cause: error })
  return fail('ERR_IO', { what: 'open', path: directory, cause: causeText(error) }, { cause: error })
}

function hasCause(error: unknown, code: string): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === code
}

function causeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
