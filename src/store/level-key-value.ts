import { ClassicLevel } from 'classic-level'
import { fail } from '../base/index.ts'
import { afterPrefix, type KeyValue } from './key-value.ts'

export interface LevelOptions {
  /**
   * Called after the files were opened, written and closed, so that files made by root can be given to the owner of the
   * data directory; the store itself knows no owners.
   */
  readonly afterWrite?: () => Promise<void>
}

/** Entries read in one go. */
const readAtOnce = 1_000

/**
 * Ordered keys in LevelDB. Its lock is the lock of the data directory: one process at a time, freed by the kernel after
 * kill -9. Fails with ERR_NODE_LOCKED where another process has it, else with ERR_IO.
 */
export async function openLevel(directory: string, options: LevelOptions = {}): Promise<KeyValue> {
  const afterWrite = options.afterWrite ?? (() => Promise.resolve())
  const level = new ClassicLevel<string, Uint8Array>(directory, { keyEncoding: 'utf8', valueEncoding: 'view' })
  try {
    await level.open()
    await afterWrite()
  } catch (error) {
    throw openFailure(directory, error)
  }
  return {
    async get(key) {
      const value = await level.get(key)
      return value === undefined ? undefined : plain(value)
    },
    async *entries(prefix) {
      const iterator = level.iterator({ gte: prefix, lt: afterPrefix(prefix) })
      try {
        // Many at once: one promise per entry is most of the time that opening a large team takes.
        for (let some = await iterator.nextv(readAtOnce); some.length > 0; some = await iterator.nextv(readAtOnce))
          for (const [key, value] of some) yield [key, plain(value)]
      } finally {
        await iterator.close()
      }
    },
    async write(changes) {
      try {
        await level.batch([...changes], { sync: true })
      } catch (error) {
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

/** LevelDB hands out Buffers, whose `slice` shares memory where that of a Uint8Array copies. */
function plain(value: Uint8Array): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

function openFailure(directory: string, error: unknown): Error {
  const cause = error instanceof Error ? error.cause : undefined
  const isLocked = cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED'
  if (isLocked) return fail('ERR_NODE_LOCKED', { what: '', path: directory }, { cause: error })
  return fail('ERR_IO', { what: 'open', path: directory, cause: causeText(error) }, { cause: error })
}

function causeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
