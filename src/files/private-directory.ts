import { chmod, lstat, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Stats } from 'node:fs'
import { fail } from '../base/index.ts'
import { ioError, systemCode } from './io-error.ts'

/**
 * Makes the directory with mode 0700 if it is missing, its parents too. One that others can write to, or that is no
 * directory, is refused with `ERR_FILES_MODE`; what the system refuses, with `ERR_IO`.
 */
export async function ensurePrivateDirectory(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    await makeOwn(path)
    const found = await stat(path)
    if (!found.isDirectory()) throw fail('ERR_FILES_MODE', { path, why: 'it is no directory', hint: 'Move it away.' })
    assertOwner(path, found)
    if ((found.mode & 0o022) !== 0) throw looseMode(path, 'others can write to it', `chmod go-w ${path}`)
  } catch (error) {
    throw ioError(error, 'make', path)
  }
}

/** Refuses a file whose directory others can write to: they could put another file in its place. `ERR_FILES_MODE`. */
export async function assertSafeParent(path: string): Promise<void> {
  const parent = dirname(path)
  const found = await stat(parent)
  const isSticky = (found.mode & 0o1000) !== 0
  if ((found.mode & 0o022) !== 0 && !isSticky) {
    throw looseMode(path, `others can write to its directory ${parent}`, `chmod go-w ${parent}`)
  }
}

/** Refuses what belongs to another user. Root may read whatever belongs to the directory's owner. `ERR_FILES_MODE`. */
export function assertOwner(path: string, found: Stats, directory?: Stats): void {
  const me = process.geteuid?.() ?? found.uid
  const isFine =
    found.uid === me || found.uid === 0 || (me === 0 && (directory === undefined || directory.uid === found.uid))
  if (!isFine) throw looseMode(path, 'it belongs to another user', `chown it to yourself: ${path}`)
}

export function looseMode(path: string, why: string, hint: string) {
  return fail('ERR_FILES_MODE', { path, why, hint })
}

async function makeOwn(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
    // Whatever the umask left of it.
    await chmod(path, 0o700)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    await lstat(path)
  }
}
