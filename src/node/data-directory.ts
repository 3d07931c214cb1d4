import { rm } from 'node:fs/promises'
import { fail, HyraxError, type Lifetime } from '../base/index.ts'
import { ensurePrivateDirectory, keepOwner, readTextFile, writeFileAtomic } from '../files/index.ts'
import { openStore, type Store } from '../store/index.ts'

const pidFile = 'axd.pid'

/**
 * Takes a data directory for this process: makes it if need be, and opens the store, whose lock is the directory's
 * (`STACK.md` 11). The pid beside it serves the message alone. Fails with `ERR_NODE_LOCKED`, which names the process.
 */
export async function openDataDirectory(directory: string, lifetime: Lifetime): Promise<Store> {
  await ensurePrivateDirectory(directory)
  try {
    const afterWrite = await keepOwner(directory, `${directory}/store`)
    const options = afterWrite === undefined ? {} : { afterWrite }
    const store = lifetime.own(await openStore(`${directory}/store`, options), (opened) => opened.close())
    await writeFileAtomic(`${directory}/${pidFile}`, `${String(process.pid)}\n`, { mode: 0o600, overwrite: true })
    lifetime.own(pidFile, (name) => rm(`${directory}/${name}`, { force: true }))
    return store
  } catch (error) {
    if (!(error instanceof HyraxError) || error.code !== 'ERR_NODE_LOCKED') throw error
    throw fail('ERR_NODE_LOCKED', { what: await holder(directory), path: directory }, { cause: error })
  }
}

async function holder(directory: string): Promise<string> {
  const pid = await readTextFile(`${directory}/${pidFile}`, { bytesMax: 64 }).catch(() => undefined)
  return pid !== undefined && /^\d{1,10}\n?$/.test(pid) ? ` (pid ${pid.trim()})` : ''
}
