import { constants } from 'node:fs'
import { link, open, rename, stat, unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fail } from '../base/index.ts'
import { ioError, systemCode } from './io-error.ts'

export interface WriteOptions {
  /** Permission bits of the new file, whatever the umask. */
  readonly mode: number
  /** False: a file that stands there already fails with `ERR_FILE_EXISTS`, and stays as it is. */
  readonly overwrite: boolean
}

/** Keeps the temporary names of one process apart; the process id keeps those of several apart. */
let written = 0

/**
 * Writes a file so that a reader, also one after a crash, finds the old content or the new and never a part: temporary
 * file in the same directory, fsync, rename, fsync of the directory. Written as root it takes the directory's owner.
 * Fails with `ERR_FILE_EXISTS`, `ERR_PATH_INVALID` (no such directory) or `ERR_IO`, and leaves nothing behind.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, options: WriteOptions): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${written++}.tmp`)
  try {
    await writeNew(temporary, data, options.mode)
    if (options.overwrite) {
      await rename(temporary, path)
    } else {
      await putNew(temporary, path)
    }
    await syncDirectory(dirname(path))
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    if (systemCode(error) === 'EEXIST') throw fail('ERR_FILE_EXISTS', { path }, { cause: error })
    throw ioError(error, 'write', path)
  }
}

/** Writes a secret that must not exist yet, mode 0600, as `writeFileAtomic` does. */
export function createSecretFile(path: string, data: string | Uint8Array): Promise<void> {
  return writeFileAtomic(path, data, { mode: 0o600, overwrite: false })
}

/** Gives the file its name if nobody has it: a link fails where a file stands, a rename would replace it. */
async function putNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
    await unlink(temporary)
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? '')) throw error
    // A file system without links, as on memory cards: the name is taken first, and then filled.
    await (await open(path, 'wx', 0o600)).close()
    await rename(temporary, path)
  }
}

async function writeNew(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  try {
    await takeDirectoryOwner(file, dirname(path))
    await file.chmod(mode)
    await file.writeFile(data)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function takeDirectoryOwner(file: FileHandle, directory: string): Promise<void> {
  // Only root can give a file away; without this `sudo ax settings local set` locks a node out of its own settings.
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = await stat(directory)
  await file.chown(uid, gid)
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
