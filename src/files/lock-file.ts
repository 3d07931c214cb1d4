import { link, open, readFile, rename, unlink } from 'node:fs/promises'
import { fail } from '../base/index.ts'
import { ioError, systemCode } from './io-error.ts'

const tries = 100
const waitMs = 50

/**
 * Runs `use` while no other process does so for the same path, by a file `<path>.lock` that holds the process id. One
 * left behind by a process that is gone is taken over. After 5 s of waiting: `ERR_IO`.
 */
export async function withLockFile<T>(path: string, use: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  await take(lock, path)
  try {
    return await use()
  } finally {
    await unlink(lock).catch(() => undefined)
  }
}

async function take(lock: string, path: string): Promise<void> {
  for (let left = tries; left > 0; left--) {
    try {
      const file = await open(lock, 'wx', 0o600)
      await file.writeFile(String(process.pid))
      await file.close()
      return
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw ioError(error, 'lock', path)
    }
    if (await isAbandoned(lock)) await remove(lock)
    else await new Promise((done) => setTimeout(done, waitMs))
  }
  throw fail('ERR_IO', { what: 'lock', path, cause: `another process holds ${lock}` })
}

/** Moves an abandoned lock away, and back again if it is another's that was taken in between. */
async function remove(lock: string): Promise<void> {
  const aside = `${lock}.${process.pid}`
  try {
    await rename(lock, aside)
    if (!(await isAbandoned(aside))) await link(aside, lock)
    await unlink(aside)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(systemCode(error) ?? '')) throw error
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const text = await readFile(lock, 'utf8').catch(() => '')
  // An empty one is just being written by its owner.
  if (!/^[1-9][0-9]*$/.test(text)) return false
  try {
    process.kill(Number(text), 0)
    return false
  } catch (error) {
    return systemCode(error) === 'ESRCH'
  }
}
